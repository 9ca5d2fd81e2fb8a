// What the scripts of pages share as window.anomalylab: elements, numbers, pictures. Checked, never shipped.

interface Window {
  anomalylab: Al.Shared;
}

declare namespace Al {
  type Attributes = Record<string, string | number | boolean | null | undefined | (() => void)>;
  type Child = Node | string | null | undefined;
  /** 0 normal, 1 anomalous, null unknown. */
  type Label = 0 | 1 | null;
  type Pair = [number, number];
  type Bytes = Uint8Array<ArrayBuffer>;
  /** Rings of points, in pixels of the picture they are drawn over. */
  type Contour = Pair[][];

  interface Tip {
    show(image: { url: string }, words: string, x: number, y: number): void;
    hide(): void;
  }

  interface Maps {
    paint(canvas: HTMLCanvasElement, i: number): void;
  }

  interface Counts {
    tp: number;
    fp: number;
    fn: number;
    tn: number;
    flagged: number;
    n: number;
  }

  interface KnownShare {
    value: number;
    low: number;
    high: number;
  }
  /** A share with its 95 % interval; all null where there is nothing to judge by. */
  type Share = KnownShare | { value: null; low: null; high: null };

  /** Defects of one type, and how many of them are at or above a threshold. */
  interface OfType {
    type: string;
    found: number;
    n: number;
    recall: Share;
  }

  interface Rates {
    precision: Share;
    recall: Share;
    falseAlarms: Share;
  }

  /** Defects in a thousand parts, and what a miss and a false alarm cost. */
  interface Line {
    defects: number;
    missCost: number;
    alarmCost: number;
  }

  interface OnTheLine {
    misses: number;
    falseAlarms: number;
    cost: number;
  }

  interface Drawn {
    thumb: Pair;
    url: string;
    contour: Contour;
  }

  interface PictureOptions {
    alt: string;
    maps?: Maps | null;
    query?: number;
    cell?: Pair | null;
    grid?: Pair | null;
  }

  interface ShotPagesOptions {
    /** Shots on a page. */
    size: number;
    /** Of the button that goes back, and of the one that goes on. */
    words: [string, string];
    /** Shots of a group: all, defective or good. */
    count(group: string): number;
    draw(): void;
    /** What is scrolled to when a page is turned. */
    top(): HTMLElement;
  }

  interface ShotPages {
    group: string;
    /** The buttons that choose a group. */
    groups: HTMLElement;
    /** The buttons that turn pages. */
    node: HTMLElement;
    first: number;
    start(group: string): void;
    part<S>(shots: S[]): S[];
  }

  interface Shared {
    // core.js
    el<K extends keyof HTMLElementTagNameMap>(
      tag: K,
      attributes?: Attributes,
      ...children: Child[]
    ): HTMLElementTagNameMap[K];
    svg<K extends keyof SVGElementTagNameMap>(
      tag: K,
      attributes?: Attributes,
      ...children: Child[]
    ): SVGElementTagNameMap[K];
    set(node: Element, attributes: Attributes): void;
    given<T>(value: T | null | undefined): T;
    pen(canvas: HTMLCanvasElement): CanvasRenderingContext2D;
    payload<T>(root: ParentNode): T;
    clamp(value: number, low: number, high: number): number;
    isInside(x: number, y: number, xs: number[], ys: number[]): boolean;
    enclosed(tool: string, path: Pair[]): Pair[];
    bytes(text: string): Bytes;
    CLASSES: { key: string; name: string; colour: string }[];
    ARROWS: Record<string, number | undefined>;
    rgb(node: Element, name: string): number[];
    classOf(label: Label): { key: string; name: string; colour: string };
    ticks(low: number, high: number, about: number): number[];
    whenResized(node: Element, draw: (width: number) => void): void;
    Tip: new (parent: Element) => Tip;

    // number_words.js
    format(value: number | null | undefined, digits?: number): string;
    group(text: string | number): string;
    percent(share: number, digits?: number): string;
    count(n: number, one: string, many?: string): string;
    tickWords(marks: number[]): (value: number) => string;

    // numbers.js
    confusion(scores: number[], labels: Label[], threshold: number): Counts;
    /** Regularised incomplete beta function. */
    betaShare(x: number, a: number, b: number): number;
    share(k: number, n: number): Share;
    rates(counts: Counts): Rates;
    recallByType(scores: number[], types: (string | null)[], threshold: number): OfType[];
    onTheLine(recall: number, falseAlarmRate: number, line: Line, parts?: number): OnTheLine;

    // model.js
    Model: new (
      values: Partial<GalleryFields>,
    ) => GalleryModel & { update(values: Partial<GalleryFields>): void };

    // map_colours.js
    Maps: new (
      detector: { grid: Pair; maps: string },
      colours: Bytes,
    ) => Maps;
    mapLegend(colours: Bytes, steps: number): HTMLElement;
    picture(image: Drawn, options: PictureOptions): HTMLElement;

    // shot_pages.js
    ShotPages: new (
      options: ShotPagesOptions,
    ) => ShotPages;

    /** Shows an image by its id where a part of the page can; whether it did. */
    enlarge?: (id: string) => boolean;
  }
}
