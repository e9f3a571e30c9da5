/** Drives a board of its own with a real hit, and returns after each step whether the hit is on the board, and
 * how many alerts there were. Called with the body of the hit. */
async (body) => {
  const { Board } = await import("/static/board.js");
  const CARDS_MAX = 120;
  const US = "HERTS CH-32";
  let alerts = 0;
  const fresh = (card) => {
    if (card.newest.sighting_id === body.sighting_id) alerts += 1;
  };
  const officer = { act: () => {}, mine: ({ callsign }) => callsign === US, waiting: () => [] };
  const list = document.createElement("div");
  const board = new Board(list, { fresh, said: () => {}, counted: () => {} }, Date.now, officer);
  const hit = { ...body, captured_at: new Date().toISOString(), late: false, status: "open", withdrawn: false, acts: [] };
  const at = (minute) => new Date(Date.now() + minute * 60_000).toISOString();
  const news = (kind, minute, more = {}) => ({
    ...hit,
    routing: { level: "near" },
    acts: [{ kind, recorded_at: at(minute), callsign: "anpr-match" }],
    ...more,
  });
  const take = (type, taken) => board.take({ type, hit: taken, old: false });
  let others = 0;
  const makeRoom = () => {
    for (let n = 0; n < CARDS_MAX; n += 1) {
      others += 1;
      take("hit", { ...hit, hit_id: `h-other-${others}`, sighting_id: `s-other-${others}` });
    }
  };
  const steps = {};
  const note = (step) => {
    const shown = [...board.cards.values()].some((card) => card.newest.sighting_id === hit.sighting_id);
    steps[step] = [shown, alerts];
  };
  const wide = news("widen", 2, { routing: { level: "wide" } });
  take("hit", hit);
  makeRoom();
  note("made room");
  take("hit", hit);
  note("delivered again");
  take("hit.updated", news("acknowledge", 1, { status: "acknowledged" }));
  note("seen by another");
  take("hit.updated", wide);
  note("sent to all");
  makeRoom();
  note("made room once more");
  take("hit.updated", wide);
  note("sent to all, delivered again");
  const mine = { kind: "give_back", recorded_at: at(3), callsign: US };
  board.update({ ...hit, acts: [mine] }, false);
  note("given back by us");
  makeRoom();
  take("hit", { ...hit, hit_id: "h-further", probability: hit.probability / 2, acts: [mine] });
  note("a further read after it made room");
  take("hit.updated", news("call_control_room", 4, { routing: { level: "control_room" } }));
  note("its first read goes to the control room");
  makeRoom();
  const { hit_id, sighting_id, entry } = hit;
  take("hit.withdrawn", { hit_id, sighting_id, entry_id: entry.entry_id, reason: "sold" });
  note("withdrawn after it made room");
  take("hit.updated", news("widen", 5, { routing: { level: "wide" } }));
  note("sent to all after that");
  return steps;
}
