/** Makes a board of its own on the page, and `window.two` to drive it: with frames of hits as the entries of two
 * forces for one vehicle give them, made up here, and with what the board told. */
async () => {
  const { Board, spoken } = await import("/static/board.js");
  const US = "HERTS CH-32";
  const entries = {
    norfolk: { category: "hare_coursing", reason: "Seen with dogs at Hilgay", response: "stop", warnings: ["dogs"] },
    herts: { category: "stolen", reason: "Taken at Royston", response: "observe", warnings: ["violence", "dogs"] },
  };
  const vehicle = { category: "cloned", colour: "grey", make: "Ford", model: "Ranger", priority: 2 };
  const camera = { camera_id: "CAM1", name: "Baldock", road: "A505", lat: 51.9, lon: -0.3, registered: true };
  const list = document.createElement("div");
  list.id = "two-cards";
  document.querySelector("#cards").before(list);
  const waiting = new Map();
  const two = { list, waiting, alerts: [], said: [], acts: [] };
  const tell = {
    fresh: (card) => two.alerts.push(spoken(card)),
    said: (text) => two.said.push(text),
    counted: (board) => (two.earlier = board.earlier.size),
  };
  const officer = {
    act: (hit_id, path, said) => two.acts.push([hit_id, said.answer ?? said.kind]),
    mine: ({ callsign }) => callsign === US,
    waiting: (hit_id) => waiting.get(hit_id) ?? [],
  };
  two.board = new Board(list, tell, Date.now, officer);
  const at = Date.now();

  /** A hit that the n-th read of the passing gives for the entry of a force; `differs` are terms of the entry. */
  const hit = (force, n, { entry: differs, ...more } = {}) => ({
    hit_id: `h-${n}-${force}`,
    sighting_id: "s-1",
    read: { read_id: `r-${n}`, camera_id: "CAM1", plate: "AB01CDE", direction: "approaching", confidence: 0.9 },
    entry: { entry_id: `e-${force}`, owner_force: force, ...vehicle, ...entries[force], ...differs },
    plate_read: "AB01CDE",
    plate_listed: "AB01 CDE",
    probability: 0.98,
    tier: "exact",
    reason: "Read exactly as listed.",
    camera,
    captured_at: new Date(at + n).toISOString(),
    received_at: new Date(at + n).toISOString(),
    matched_at: new Date(at + n).toISOString(),
    watchlist_revision: 7,
    sighting_reads: n,
    late: false,
    status: "open",
    routing: { level: "near" },
    acts: [],
    ...more,
  });
  const take = (type, taken, old = false) => two.board.take({ type, hit: taken, old });
  two.read = (n, force, more) => take("hit", hit(force, n, more));
  two.news = (n, force, more) => take("hit.updated", hit(force, n, more));
  two.withdraw = (n, force, reason) => {
    const { hit_id, sighting_id, entry } = hit(force, n);
    take("hit.withdrawn", { hit_id, sighting_id, entry_id: entry.entry_id, reason });
  };
  /** What becomes of a hit by an act of a unit. */
  two.by = (callsign, kind, status, more = {}) => ({
    status,
    ...more,
    acts: [{ kind, ...more, callsign, recorded_at: new Date().toISOString() }],
  });
  /** As many other cards as the board holds. */
  two.fill = () => {
    for (let n = 0; n < 120; n += 1) {
      take("hit", { ...hit("herts", 1), hit_id: `h-other-${n}`, sighting_id: `s-other-${n}` }, true);
    }
  };
  window.two = two;
}
