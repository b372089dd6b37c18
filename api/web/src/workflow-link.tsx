export interface Workflow {
  id: string;
  url?: string;
}

/** A workflow's id, with its page where there is one. */
export function WorkflowLink({ workflow: { id, url } }: { workflow: Workflow }) {
  if (!url) return <code>{id}</code>;
  return (
    <a href={url} target="_blank" rel="noreferrer">
      <code>{id}</code>
    </a>
  );
}
