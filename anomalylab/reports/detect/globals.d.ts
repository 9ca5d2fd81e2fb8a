// The page of a detection run: its data, as payload.py writes them, and what its scripts share.

declare namespace Al {
  interface DetectImage {
    id: string;
    name: string;
    path: string;
    label: Label;
    split: string;
    size: Pair;
    thumb: Pair;
    src: string;
    /** Made of src when the page starts. */
    url: string;
    contour: Contour;
    /** Larger than the thumbnail, for some of the images. */
    large: { src: string; size: Pair } | null;
  }

  interface RunThreshold {
    method: string;
    words: string;
    value: number;
    isDefault: boolean;
    expectedFalse: number | null;
    nImages: number;
    note: string;
  }
  /** One of the run's, or one that somebody moved. */
  type Threshold = RunThreshold | { method: null; value: number };

  interface Neighbour {
    image: number;
    cell: Pair | null;
    match: Pair | null;
  }

  /** A fitted bulk, see chance() in payload.py. */
  interface Chance {
    upperShare: number;
    trustedUpTo: number;
    freedoms: [freedom: number | null, n: number][];
    nodes: string;
  }

  interface Detector {
    scores: number[];
    pValues: (number | null)[];
    training: number[];
    bulk: Pair[];
    chance: Chance | null;
    thresholds: RunThreshold[];
    neighbours: (Neighbour | null)[];
    /** x and y in pixels of the image where its map is highest. */
    places: Pair[];
    /** The same number for images that look alike. */
    looks: (number | null)[];
    grid: Pair;
    maps: string;
  }

  interface DetectPayload {
    name: string;
    isLabelled: boolean;
    isUnlabelled: boolean;
    nQueries: number;
    colours: string;
    stepsPerThreshold: number;
    first: string;
    images: DetectImage[];
    /** Of each query that is a defect of a known type. */
    types: (string | null)[];
    columns: Record<string, (string | null)[]>;
    embedding: { query: Pair[]; training: Pair[] };
    detectors: Record<string, Detector>;
  }

  interface State {
    detector: string;
    filter: string;
    columns: Record<string, string | null>;
    search: string;
    order: string;
    selection: Set<number> | null;
    opacity: number;
    page: number;
    colourBy: string;
  }
  type Changes = Partial<State> & { threshold?: number };
  type Listener = (changes: Changes) => void;

  interface Store {
    data: DetectPayload;
    colours: Bytes;
    labels: Label[];
    state: State;
    readonly detector: Detector;
    readonly scores: number[];
    readonly threshold: Threshold;
    readonly detectorMaps: Maps;
    /** Images expected at or above the threshold by chance; null if that is not known. */
    readonly expectedByChance: number | null;
    listen(listener: Listener): void;
    change(changes: Changes): void;
    moveThreshold(value: number): void;
    setThreshold(threshold: RunThreshold): void;
    isAbove(i: number): boolean;
    filterColumns(): [string, (string | null)[]][];
    countOf(filter: string): number;
    ranked(): number[];
    listed(): Cell[][];
    rankOf(i: number): number;
    words(i: number): string;
    isFaded(i: number): boolean;
  }

  /** What parts need to show an image: beside the pointer, or large. */
  interface Show {
    tip: Tip;
    open(i: number): void;
  }

  interface Margin {
    left: number;
    right: number;
  }

  /** Places of scores on an axis, in pixels from the left, and back. */
  interface ScoreAxis {
    isLog: boolean;
    width: number;
    ends: number[];
    marks: number[];
    /** From 0 to 1 along the axis. */
    part(score: number): number;
    x(score: number): number;
    /** Never beyond the ends. */
    value(x: number): number;
    between(left: number, right: number): number[];
  }

  /** The colour of each query, and what the colours mean. */
  interface Colouring {
    colourOf(i: number): string;
    keys: [words: string, colour: string][];
  }

  interface Part {
    node: HTMLElement;
  }

  interface Shared {
    Store: new (data: DetectPayload) => Store;
    scoreRange(scores: number[], threshold: number): { isLog: boolean; ends: number[] };
    quantile(sorted: number[], share: number): number;
    scoreAxis(scores: number[], threshold: number, plotWidth: number, margin: Margin): ScoreAxis;
    /** Of an image of the bulk, to score at least so high. */
    chance(bulk: Chance): (score: number) => number;
    areaBelow(curve: Pair[]): (x: number) => number;
    colouring(store: Store): Colouring;
    Histogram: new (store: Store, show: Show) => Part;
    Readouts: new (store: Store) => Part & { where: HTMLElement; lineNode: HTMLElement | null };
    Embedding: new (store: Store, show: Show) => Part;
    Gallery: new (store: Store, show: Show) => Part;
    Enlarged: new (store: Store) => Part & { show(i: number): void };
    chip(label: Label): HTMLElement | null;
    nearestWords(data: DetectPayload): string;
    describe(store: Store, i: number): string;
    opacityControl(store: Store): HTMLElement;
  }
}
