/** Tones for new sightings. A browser stays silent until somebody taps, so a shift begins with a tap. */

/** Each tier has tones of its own, as [start in s, pitch in Hz, length in s]. */
const TONES = {
  exact: [
    [0, 660, 0.14],
    [0.16, 880, 0.14],
    [0.32, 1175, 0.22],
  ],
  probable: [
    [0, 740, 0.14],
    [0.2, 740, 0.18],
  ],
  possible: [[0, 494, 0.24]],
};
const LOUDNESS = 0.25;
const QUIET_MS = 1_500;

export class Sound {
  constructor() {
    /** @type {AudioContext | null} none until a tap */
    this.context = null;
    this.last = 0;
  }

  get on() {
    return this.context !== null;
  }

  /** Must be called from a tap. Plays the tone once, so that the crew hears that it works. */
  unlock() {
    this.context = new AudioContext();
    this.last = 0;
    this.play("exact");
  }

  silence() {
    this.context?.close();
    this.context = null;
  }

  /** Sound for a new sighting; those that come close together sound once. @param {string} tier */
  play(tier) {
    const now = Date.now();
    if (this.context === null || now - this.last < QUIET_MS) return;
    this.last = now;
    for (const [start, pitch, length] of TONES[tier] ?? TONES.possible) this.tone(start, pitch, length);
  }

  tone(start, pitch, length) {
    const from = this.context.currentTime + start;
    const source = new OscillatorNode(this.context, { frequency: pitch, type: "triangle" });
    const gain = new GainNode(this.context, { gain: 0 });
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(LOUDNESS, from + 0.02);
    gain.gain.setTargetAtTime(0, from + length - 0.04, 0.02);
    source.connect(gain).connect(this.context.destination);
    source.start(from);
    source.stop(from + length + 0.1);
  }
}
