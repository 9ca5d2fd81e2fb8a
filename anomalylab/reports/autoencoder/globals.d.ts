// The page of the auto-encoder: its data, as called.py writes them, and what its scripts share.

declare namespace Al {
  interface ChosenTau {
    level: number;
    tau: string;
    name: string;
    words: string;
    usesLabels: boolean;
  }

  interface PixelRate {
    key: string;
    name: string;
    meaning: string;
    colour: string;
  }

  /** By the name of a rate: its value at each level, null where there is none. */
  type RatesOverLevels = Record<string, (number | null)[]>;

  interface GivenBack {
    id: string;
    name: string;
    label: Label;
    type: string;
    /** Width and height of all its pictures. */
    size: Pair;
    input: string;
    output: string;
    residual: string;
    truth: string | null;
  }

  interface CalledPayload {
    /** Threshold of level 255. */
    highest: number;
    unit: string;
    /** What a threshold that was chosen without labels can promise. */
    certainty: string;
    start: number;
    taus: ChosenTau[];
    types: { name: string; words: string }[];
    averages: string[];
    rates: PixelRate[];
    /** By average and by type. */
    curves: RatesOverLevels[][];
    images: GivenBack[];
    colours: string;
  }

  interface CalledCounts {
    n: number;
    called: number;
    defective: number;
    found: number;
  }

  interface Shared {
    // tau_chart.js
    TauChart: new (
      data: CalledPayload,
      set: (level: number) => void,
    ) => { node: HTMLElement; show(curve: RatesOverLevels, level: number): void };
    // levels.js
    /** Levels of the pixels of a picture of one band. */
    levelsOf(picture: string, size: Pair): Promise<Bytes>;
    calledIn(levels: Bytes, truth: Bytes | null, level: number): CalledCounts;
    calledWords(counts: CalledCounts, isKnown: boolean): string;
    ResidualRow: new (image: GivenBack, colours: Bytes) => { node: HTMLElement; show(level: number): void };
  }
}
