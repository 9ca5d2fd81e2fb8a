// The page that compares runs: its data, as explorer.py writes them, and what its scripts share.

declare namespace Al {
  interface SharedImage extends Drawn {
    id: string;
    name: string;
    /** Its names in the runs, each once. */
    files: string[];
    label: Label;
    src: string;
  }

  /** A detector of a run, over the common images. */
  interface Method {
    name: string;
    scores: number[];
    ranks: number[];
    threshold: number;
    grid: Pair;
    /** Empty where the run shows its maps another way. */
    maps: string;
  }

  interface ComparedPayload {
    colours: string;
    stepsPerThreshold: number;
    isLabelled: boolean;
    first: Pair;
    images: SharedImage[];
    methods: Method[];
    /** By the places of two methods, the lower one first. */
    answers: Record<string, string>;
  }

  interface ComparedState {
    /** Places of the methods along and up. */
    pair: Pair;
    filter: string;
    page: number;
  }

  interface ComparedStore {
    data: ComparedPayload;
    colours: Bytes;
    state: ComparedState;
    readonly a: Method;
    readonly b: Method;
    readonly answer: string;
    listen(listener: () => void): void;
    change(changes: Partial<ComparedState>): void;
    isAbove(method: Method, i: number): boolean;
    hasChanged(i: number): boolean;
    passes(i: number, filter: string): boolean;
    /** Images that pass a filter, those whose ranks moved most first. */
    listed(filter: string): number[];
    /** Where an image stands in one of the runs, and in both. */
    place(method: Method, i: number): string;
    words(i: number): string;
    /** The image under the map of a method. */
    picture(method: Method, i: number, alt: string): HTMLElement;
  }

  interface ShowShared {
    tip: Tip;
    open(i: number, among: number[]): void;
  }

  interface Shared {
    ComparedStore: new (data: ComparedPayload) => ComparedStore;
    RankScatter: new (store: ComparedStore, show: ShowShared) => { node: HTMLElement };
    ChangedSides: new (store: ComparedStore, show: ShowShared) => { node: HTMLElement };
    BothMaps: new (store: ComparedStore) => { node: HTMLElement; show(i: number, among: number[]): void };
  }
}
