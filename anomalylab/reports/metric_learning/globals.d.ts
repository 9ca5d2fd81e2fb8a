// The page of metric learning: its data, as gallery.py and embedding.py write them, and what scripts share.

declare namespace Al {
  interface TrialName {
    category: string;
    name: string;
    key: string;
  }

  interface HeatMap {
    src: string;
    words: string;
  }

  interface Shot {
    id: string;
    label: Label;
    type: string;
    distance: string;
    rank: number;
    n: number;
    nearest: string;
    maps: Record<string, HeatMap | undefined>;
  }

  interface HeatImage {
    name: string;
    thumb: Pair;
    src: string;
    contour: Contour;
  }

  interface HeatPayload {
    trials: TrialName[];
    /** By trial, the farthest from normal first. */
    shots: Shot[][];
    images: Record<string, HeatImage | undefined>;
    of: Record<string, string>;
    reading: string;
  }

  interface CloudPoint {
    image: number;
    isTraining: boolean;
    label: Label;
    type: string;
    x: number;
    y: number;
    distance: number | null;
  }

  interface CloudPayload {
    trials: TrialName[];
    images: { id: string; name: string; src: string }[];
    points: CloudPoint[][];
  }

  interface TrialChoice {
    node: HTMLElement;
    /** Number of the trial that is shown. */
    place: number;
    listen(listener: () => void): void;
  }

  interface Shared {
    /** Two fields that choose a trial; all parts of a page follow each other. */
    TrialChoice: new (
      trials: TrialName[],
    ) => TrialChoice;
    /** Key of the trial that is shown, and who wants to know. */
    shownTrial?: { key: string; listeners: (() => void)[] };
  }
}
