// The linked explorer of a PC space: its data, as payload.py writes them, and what its scripts share.

declare namespace Al {
  interface PcImageData {
    id: string;
    name: string;
    label: Label;
    score: number | null;
    size: Pair;
    src: string;
    /** Made of src when the page starts. */
    url: string;
    /** What red, green and blue are multiplied with, and what is added, to give the band. */
    weights: [number, number, number, number];
    /** PNG in base64; empty if nothing is marked, null if it is not known. */
    mask: string | null;
    contour: Contour;
    /** Row, column and positions along all axes. */
    checks: number[][];
  }

  type Layer = "normal" | "ellipses" | "grid" | "odds";
  type PaletteName = "inferno" | "ice" | "amber" | "diverging_dark";

  interface PcPayload {
    window: number;
    axes: string[];
    up: number;
    components: string;
    mean: string;
    sigmas: number[];
    middles: number[];
    sigma: number;
    home: { component: number; residual: number };
    limit: number;
    bins: number;
    extent: number;
    grounds: Record<string, string>;
    odds: { end: number; pictures: Record<string, string> } | null;
    palettes: Record<PaletteName, string>;
    faintest: number;
    detector: string;
    about: string;
    start: number;
    images: PcImageData[];
  }

  /** As anomalylab/pc_space/selection.py has it. */
  interface Selection {
    kind: "box" | "lasso" | "beyond" | "interval" | "rectangle" | "point";
    axes: string[];
    numbers: number[];
  }

  /** Windows of an image, row by row. */
  interface Grid {
    window: number;
    nRows: number;
    nCols: number;
    n: number;
    axes: string[];
  }
  interface Coordinates {
    /** One array an axis, the residual last. */
    along: Float32Array[];
    /** Squared Mahalanobis distances. */
    distance: Float32Array;
  }
  interface Cloud extends Grid, Coordinates {
    /** 1 where a window holds a pixel of the defect; null where that is not known. */
    onDefect: Uint8Array | null;
    error: number;
    milliseconds: number;
  }

  type Lit = Uint8Array | null;
  /** Left, right, bottom, top. */
  type View = [number, number, number, number];
  interface Plane {
    x: number;
    y: number;
    view: View;
  }
  type Tool = "lasso" | "box" | "move";
  interface PcState extends Plane {
    i: number;
    n: number;
    tool: Tool;
    scale: string;
    layers: Record<Layer, boolean>;
    selection: Selection | null;
    progress: number;
    failure: string | null;
  }
  type PcChanges = Partial<PcState> & { cloud?: boolean };

  interface PcSpace {
    cloud(i: number, onProgress: (share: number) => void): Promise<Cloud>;
    typical(axis: number, value: number): Float32Array;
  }

  interface PcStore {
    data: PcPayload;
    space: PcSpace;
    palettes: Record<PaletteName, Bytes>;
    residual: number;
    state: PcState;
    cloud: Cloud | null;
    lit: Lit | undefined;
    count: number;
    share: number | null;
    readonly image: PcImageData;
    readonly picture: HTMLImageElement;
    listen(listener: (changes: PcChanges) => void): void;
    follow(follower: (i: number | null) => void): void;
    pointAt(i: number | null): void;
    change(changes: PcChanges): void;
    open(i: number): Promise<void>;
    step(by: number): void;
    beyond(n?: number): Selection;
    inPlane(kind: Selection["kind"], numbers: number[]): Selection;
    near(pixels: Pair[]): Selection;
    homeView(): View;
    zoom(factor: number, at: Pair): void;
    move(dx: number, dy: number): void;
    extremeness(i: number): number;
    centre(i: number): Pair;
    windowAt(row: number, col: number): number;
    words(i: number): string;
  }

  /** Places of values in a drawing, and back. */
  interface Frame {
    x(value: number): number;
    y(value: number): number;
    atX(place: number): number;
    atY(place: number): number;
  }

  interface PcPlane extends Part {
    store: PcStore;
    side: number;
    area: SVGPathElement;
    resize(side: number): void;
    zoomBy(factor: number): void;
    place(event: MouseEvent): Pair;
    nearest(place: Pair): number | null;
  }

  interface Raster {
    plane: Plane;
    last?: Plane | null;
    part?: number;
    side: number;
    lit?: Lit;
    scale: string;
    palettes: Record<PaletteName, Uint8Array>;
    faintest: number;
    ratio?: number;
  }

  interface Png {
    width: number;
    height: number;
    channels: number;
    pixels: Uint8Array;
  }

  type Holds = (cloud: Grid, numbers: number[], along: ArrayLike<number>[]) => Uint8Array;

  interface Correlator {
    run(
      image: Float32Array,
      height: number,
      width: number,
      onProgress: (share: number) => void,
    ): Promise<Float64Array[]>;
  }

  interface Shared {
    decodePng(bytes: Bytes): Promise<Png>;
    Correlator: new (kernels: Float32Array[], side: number) => Correlator;
    PcSpace: new (data: PcPayload) => PcSpace;
    PC_KINDS: Record<Selection["kind"], { place: "cloud" | "axis" | "image"; holds: Holds }>;
    pcWindows(selection: Selection | null, cloud: Grid & Coordinates): Lit;
    pcCount(lit: Uint8Array): number;
    pcShare(cloud: Cloud, lit: Lit): number | null;
    pcExtremes(cloud: Grid, lit: Lit, n: number, by: (i: number) => number): number[];
    pcRaster(cloud: Coordinates, options: Raster): ImageData;
    PcStore: new (data: PcPayload) => PcStore;
    pcFrame(view: View, side: number): Frame;
    pcLines(store: PcStore, side: number): SVGElement[];
    PcGestures: new (plane: PcPlane) => object;
    PcPlane: new (store: PcStore) => PcPlane;
    pcLayers(store: PcStore): HTMLElement[];
    PcImage: new (store: PcStore) => Part & { resize(height: number): void };
    pcPatch(store: PcStore, i: number): HTMLCanvasElement;
    pcPatchButton(store: PcStore, i: number, words?: string): HTMLElement;
    PcPatches: new (store: PcStore) => Part & { resize(side: number, isBeside: boolean): void };
    PcSweep: new (store: PcStore) => Part;
    PcFilm: new (store: PcStore) => Part;
  }
}
