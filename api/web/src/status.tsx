import { usePolling } from './polling.ts';
import { request } from './request.ts';
import { Table } from './table.tsx';
import { Badge, Card, ErrorNote } from './words.tsx';

interface Readiness {
  ready: boolean;
  parts: {
    name: string;
    status: 'ok' | 'down' | 'unknown' | 'stale';
    detail: Record<string, string | number | null>;
  }[];
}

const LOOK_MS = 3_000;
const MOOD = { ok: 'good', down: 'bad', unknown: '', stale: 'bad' } as const;
const STATUS = { ok: '正常 ok', down: '中断 down', unknown: '未知 unknown', stale: '失联 stale' };

const look = () => request<Readiness>('GET', '/readyz');

/** How every part of the platform is. */
export function StatusPage() {
  const { answer: readiness, error } = usePolling(look, LOOK_MS);

  return (
    <Card zh="平台状态" en="Status">
      <ErrorNote error={error} />
      {readiness && (
        <Table
          heads={[
            ['部分', 'Part'],
            ['状态', 'Status'],
            ['详情', 'Detail'],
          ]}
        >
          {readiness.parts.map(({ name, status, detail }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>
                <Badge mood={MOOD[status]}>{STATUS[status]}</Badge>
              </td>
              <td>
                {Object.entries(detail)
                  .filter(([, value]) => value !== null)
                  .map(([key, value]) => `${key} ${value}`)
                  .join(' · ')}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  );
}
