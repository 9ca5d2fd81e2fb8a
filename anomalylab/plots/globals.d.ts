// What scripts of plots are given.

declare namespace Plots {
  /** A model of Bokeh, as far as it is asked. */
  interface Model {
    [property: string]: unknown;
    setv(values: Record<string, unknown>, options: { sync: boolean }): void;
  }

  /** What is coloured: a model and its property, the name of a colour, whether it is a glyph; then its own colour. */
  type Part = [model: Model, property: string, name: string, isGlyph: boolean, own?: unknown];
}
