// The page of PNI: its data, as explain.py and maps.py write them.

declare namespace Al {
  /** Role, number in the memory, distance, share by place, share by neighbours. */
  type ListedCell = [number, number, number, number, number];

  interface ExplainedImage {
    id: string;
    label: Label;
    type: string;
    score: string;
    /** First and last row, first and last column of the cells. */
    box: [number, number, number, number];
    /** With both, with place, with neighbours, with neither; a row a cell. */
    scores: [number, number, number, number][];
    /** Allowed, by place alone, by neighbours alone. */
    counts: [number, number, number][];
    fallback: number[];
    listed: ListedCell[][];
  }

  interface ExplainedCategory {
    name: string;
    grid: Pair;
    /** Whether one of both shares must exceed tau, in place of their mean. */
    isEither: boolean;
    tau: number;
    nBank: number;
    /** Number of the training image, row and column. */
    memory: [number, number, number][];
    images_of_memory: string[];
    images: ExplainedImage[];
  }

  interface PNIImage {
    name: string;
    thumb: Pair;
    src: string;
    contour: Contour;
  }

  interface ExplainPayload {
    categories: ExplainedCategory[];
    images: Record<string, PNIImage | undefined>;
    uses: Record<string, string>;
    /** What of the whole memory counts where nothing is allowed. */
    fallback: string;
    /** Whether a score is the distance to the nearest cell that is allowed. */
    isDirect: boolean;
  }

  interface WayMaps {
    title: string;
    grid: Pair;
    maps: string;
    /** Of each test image, the highest level that any of its cells reaches. */
    tops: number[];
  }

  interface MapsCategory {
    name: string;
    /** Share of the reference cells at or above each level. */
    shares: number[];
    usual: number;
    reference: string;
    labels: Label[];
    ways: WayMaps[];
    shown: { id: string; place: number; type: string; score: string }[];
  }

  interface MapsPayload {
    /** Colours at the threshold and at the strongest: red, green, blue. */
    ramp: [number[], number[]];
    categories: MapsCategory[];
    images: Record<string, PNIImage | undefined>;
  }
}
