/** The bundle of the attendance bench: what is measured and what it is measured against. */
export { attendanceEvent } from '../../workflows/attendance-event.ts';

export function emptyWorkflow(): Promise<string> {
  return Promise.resolve('');
}
