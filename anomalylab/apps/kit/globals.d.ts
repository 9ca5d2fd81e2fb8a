// What scripts of live views are given.

interface Window {
  JupyterLab?: unknown;
}

declare namespace Al {
  /** The stepper's fields, which Python shares. */
  interface Stepper {
    label: string;
    /** 1 forth, -1 back. */
    last: number;
    steps: number;
    on(event: string, listener: () => void): void;
  }

  /** The wheel's field, which Python shares. */
  interface Wheel {
    /** Whether it turns. */
    value: boolean;
    on(event: string, listener: () => void): void;
  }
}
