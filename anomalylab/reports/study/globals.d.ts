// The page of a study: its data, as payload.py writes them, and what its scripts share.

declare namespace Al {
  interface StudyMetric {
    title: string;
    /** Without the threshold. */
    short: string;
    meaning: string;
    group: string;
    question: string;
    floor: number;
    isShare: boolean;
  }

  interface Look {
    name: string;
    colour: string;
    isDashed: boolean;
  }

  /** Where a point of a curve lies. Category and strategy are -1 for all and for none. */
  interface Spot {
    category: number;
    study: number;
    detector: number;
    strategy: number;
    pollution: number;
    reject: number;
  }

  interface StudyPoint extends Spot {
    /** Value and deviation by metric. */
    values: Record<string, [number, number | null]>;
  }

  interface StudyCell extends Spot {
    seed: number;
    /** Numbers of the sets kept, removed, test, beyond_1, beyond_5. */
    sets: number[];
  }

  interface StudyImage extends Drawn {
    category: number;
    id: string;
    name: string;
    label: Label;
    type: string;
    src: string;
  }

  interface StudyPayload {
    name: string;
    thresholds: string[];
    metrics: Record<string, StudyMetric>;
    categories: string[];
    detectors: { name: string; colour: string }[];
    strategies: { strategy: string; scorer: string }[];
    looks: Look[][];
    levels: number[];
    refinedAt: number[];
    rejects: number[];
    pollution: number | null;
    reject: number | null;
    points: StudyPoint[];
    images: StudyImage[];
    sets: string[];
    cells: StudyCell[];
  }

  interface StudyState {
    category: number;
    at: string;
    detector: number;
    metric: string;
    /** Share of pollution of the first part, of the second, and share removed. */
    level: number;
    refined: number;
    reject: number;
    opened: Spot | null;
    group: string;
    seed: number | null;
    page: number;
  }

  /** An image and in how many of the cells it is. */
  interface Counted {
    i: number;
    n: number;
  }

  interface StudyStore {
    data: StudyPayload;
    state: StudyState;
    listen(listener: () => void): void;
    change(changes: Partial<StudyState>): void;
    open(spot: Spot): void;
    point(spot: Spot): StudyPoint | undefined;
    curve(study: number, detector: number, strategy: number, pollution: number | null): StudyPoint[];
    words(metric: string, value: number): string;
    told(point: StudyPoint | undefined, metric: string): string;
    cells(spot: Spot, seed: number | null): StudyCell[];
    group(name: string): { counted: Counted[]; nCells: number };
  }

  interface ReadoutRow {
    look: { name: string; colour: string };
    cells: string[];
    spot: Spot | null;
  }

  interface BandLine {
    name: string;
    colour: string;
    isDashed: boolean;
    points: { x: number; y: number; half: number; spot: Spot }[];
  }

  /** Scales of both axes of a chart. */
  interface BandPlace {
    ends: { low: number; high: number; first: number; last: number };
    x(value: number): number;
    y(value: number): number;
  }

  interface BandView {
    lines: BandLine[];
    xLabel: string;
    yLabel: string;
    floor: number;
    isShare: boolean;
    mark: number | null;
    words(y: number): string;
    pick(spot: Spot): void;
  }

  interface Shared {
    StudyStore: new (data: StudyPayload) => StudyStore;
    BandChart: new (view: () => BandView, title: () => string) => { node: HTMLElement; draw(): void };
    PollutionPart: new (store: StudyStore) => { node: HTMLElement };
    RefinementPart: new (store: StudyStore) => { node: HTMLElement };
    OpenedPoint: new (store: StudyStore) => { node: HTMLElement };
    /** A slider over given shares. */
    shareSlider(
      words: string,
      title: string,
      shares: number[],
      value: () => number,
      set: (share: number) => void,
      store: StudyStore,
    ): HTMLElement;
    /** A table of numbers, a row a line. */
    readouts(head: string[], rows: ReadoutRow[], open: (spot: Spot) => void): HTMLElement;
  }
}
