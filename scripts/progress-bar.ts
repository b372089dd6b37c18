const WIDTH = 30;

/** A bar on stderr: drawn over itself on a terminal, a line each tenth elsewhere. */
export function progressBar(what: string, total: number): { at: (done: number) => void; end: () => void } {
  let tenth = -1;
  const draw = (done: number) => {
    const share = total === 0 ? 1 : Math.min(1, done / total);
    const filled = Math.round(share * WIDTH);
    const text = `[${'█'.repeat(filled)}${'·'.repeat(WIDTH - filled)}] ${Math.floor(share * 100)} %  ${done} of ${total} ${what}`;
    if (process.stderr.isTTY) process.stderr.write(`\r${text}`);
    else if (Math.floor(share * 10) > tenth) process.stderr.write(`${text}\n`);
    tenth = Math.floor(share * 10);
  };
  draw(0);
  return {
    at: draw,
    end: () => void (process.stderr.isTTY && process.stderr.write('\n')),
  };
}
