/** What a program of ours that the supervisor runs does once it is up. */
export interface Service {
  close(): Promise<void>;
}

/**
 * Runs a child of `npm start`: tells the supervisor when it is up, and leaves on SIGTERM or when the supervisor is
 * gone, however it went.
 * @param start brings it up
 */
export async function runChild(start: () => Promise<Service>): Promise<void> {
  const service = await start();
  let leaving = false;
  const leave = () => {
    if (leaving) return;
    leaving = true;
    void service.close().then(() => process.exit(0));
  };
  process.on('SIGTERM', leave);
  process.on('SIGINT', leave);
  process.on('disconnect', leave);
  process.send?.({ ready: true });
}
