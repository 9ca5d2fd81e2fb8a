// The gallery's model, whose fields __init__.py explains, as anywidget, Panel or a page gives it.

declare namespace Al {
  interface GalleryItem {
    id: string;
    title: string;
    score?: string;
    is_above?: boolean;
    label?: string | null;
    words?: string;
    name?: string;
    is_marked?: boolean;
    group?: string;
  }

  type GallerySource = string | Element;
  type Cell = string | number | boolean | null;

  interface GalleryFields {
    items: GalleryItem[];
    sources: Record<string, GallerySource | GallerySource[]>;
    active: string;
    clicks: number;
    on_click: string;
    page: number;
    page_size: number;
    n: number;
    caption: string;
    empty: string;
    side: number;
    look: string;
    list_name: string;
    wants: number;
    listed: { wants: number; rows: Cell[][] };
  }

  interface GalleryModel {
    get<K extends keyof GalleryFields>(name: K): Partial<GalleryFields>[K];
    set<K extends keyof GalleryFields>(name: K, value: GalleryFields[K]): void;
    on(event: string, listener: () => void): void;
    save_changes(): void;
  }

  /** As Panel gives it: fields are properties. */
  type PanelGallery = Partial<GalleryFields> & {
    get?: undefined;
    on(event: string, listener: () => void): void;
  };

  interface Shared {
    gallery: { render(given: { model: GalleryModel | PanelGallery; el: Element }): void };
  }
}
