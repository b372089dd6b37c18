import { usePolling } from './polling.ts';
import { request } from './request.ts';
import { ErrorNote, Words } from './words.tsx';

interface Readiness {
  ready: boolean;
  parts: { name: string; status: 'ok' | 'down' | 'unknown'; detail: Record<string, string | number | null> }[];
}

const LOOK_MS = 3_000;
const MOOD = { ok: 'good', down: 'bad', unknown: '' };
const STATUS = { ok: '正常 ok', down: '中断 down', unknown: '未知 unknown' };

const look = () => request<Readiness>('GET', '/readyz');

/** How every part of the platform is. */
export function StatusPage() {
  const { answer: readiness, error } = usePolling(look, LOOK_MS);

  return (
    <section className="card">
      <h2>
        <Words zh="平台状态" en="Status" />
      </h2>
      <ErrorNote error={error} />
      {readiness && (
        <table>
          <thead>
            <tr>
              <th scope="col">
                <Words zh="部分" en="Part" />
              </th>
              <th scope="col">
                <Words zh="状态" en="Status" />
              </th>
              <th scope="col">
                <Words zh="详情" en="Detail" />
              </th>
            </tr>
          </thead>
          <tbody>
            {readiness.parts.map(({ name, status, detail }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
                  <span className={`badge ${MOOD[status]}`}>{STATUS[status]}</span>
                </td>
                <td>
                  {Object.entries(detail)
                    .filter(([, value]) => value !== null)
                    .map(([key, value]) => `${key} ${value}`)
                    .join(' · ')}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
