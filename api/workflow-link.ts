/** Where ops open a workflow in a browser. */
export interface TemporalUi {
  /** Undefined: there is none to link to. */
  url: string | undefined;
  namespace: string;
}

/** A workflow's id, with its page where there is one. */
export function workflowLink(ui: TemporalUi, id: string): { id: string; url?: string } {
  if (ui.url === undefined) return { id };
  const base = ui.url.replace(/\/$/, '');
  return { id, url: `${base}/namespaces/${encodeURIComponent(ui.namespace)}/workflows/${encodeURIComponent(id)}` };
}
