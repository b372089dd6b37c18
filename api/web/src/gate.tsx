import { usePolling } from './polling.ts';
import { request } from './request.ts';
import { Table } from './table.tsx';
import { Badge, Card, ErrorNote, Time, Words } from './words.tsx';

interface Reader {
  deviceId: string;
  lastSeenAt: string | null;
  silent: boolean;
  clock: { words: string } | null;
  gaps: { boot: string; durableSeq: number; highestSeq: number }[];
  alarms: { date: string; words: string; raisedAt: string; clearedAt: string | null }[];
}

interface Quarantined {
  id: number;
  deviceId: string;
  seq: number | null;
  words: string;
  receivedAt: string;
}

const LOOK_MS = 5_000;
/** A carrier has many gates: those of the last days are enough to act on. */
const ALARMS_SHOWN = 50;

const NOTHING: { readers: Reader[]; records: Quarantined[] } = { readers: [], records: [] };
const look = async (signal: AbortSignal) => {
  const [{ readers }, { records }] = await Promise.all([
    request<{ readers: Reader[] }>('GET', '/api/v1/readers', { signal }),
    request<{ records: Quarantined[] }>('GET', '/api/v1/readers/quarantine', { signal }),
  ]);
  return { readers, records };
};

/** The readers at the gates, and what of theirs could not be trusted. */
export function GatePage() {
  const { answer: { readers, records } = NOTHING, error } = usePolling(look, LOOK_MS);
  const alarms = readers
    .flatMap(({ deviceId, alarms: own }) => own.map((alarm) => ({ deviceId, ...alarm })))
    .sort((a, b) => (a.date < b.date ? 1 : -1))
    .slice(0, ALARMS_SHOWN);

  return (
    <>
      <Card zh="读卡器" en="Card readers">
        <ErrorNote error={error} />
        <Table
          heads={[
            ['设备', 'Device'],
            ['最近上报', 'Last seen'],
            ['状态', 'State'],
          ]}
        >
          {readers.map((reader) => (
            <tr key={reader.deviceId}>
              <th scope="row">{reader.deviceId}</th>
              <td>{reader.lastSeenAt ? <Time at={reader.lastSeenAt} /> : <Words zh="从未" en="never" />}</td>
              <td>
                <ReaderState reader={reader} />
              </td>
            </tr>
          ))}
        </Table>
      </Card>
      <Card zh="未刷卡警报" en="Silent mornings">
        {alarms.length === 0 && <Words zh="没有" en="None" />}
        {alarms.length > 0 && (
          <Table
            heads={[
              ['日期', 'Day'],
              ['设备', 'Device'],
              ['原因', 'Reason'],
              ['警报时间', 'Raised'],
              ['解除时间', 'Cleared'],
            ]}
          >
            {alarms.map(({ deviceId, date, words, raisedAt, clearedAt }) => (
              <tr key={`${date} ${deviceId}`}>
                <td>{date}</td>
                <th scope="row">{deviceId}</th>
                <td>{words}</td>
                <td>
                  <Time at={raisedAt} />
                </td>
                <td>{clearedAt ? <Time at={clearedAt} /> : <Words zh="未解除" en="open" />}</td>
              </tr>
            ))}
          </Table>
        )}
      </Card>
      <Card zh="异常刷卡记录" en="Quarantined swipes">
        {records.length === 0 && <Words zh="没有" en="None" />}
        <ul>
          {records.map(({ id, deviceId, seq, words, receivedAt }) => (
            <li key={id}>
              <Time at={receivedAt} /> {deviceId} {seq !== null && `#${seq}`} {words}
            </li>
          ))}
        </ul>
      </Card>
    </>
  );
}

function ReaderState({ reader: { silent, clock, gaps } }: { reader: Reader }) {
  return (
    <>
      {silent && <Badge mood="bad">上学时段未刷卡 silent</Badge>}
      {clock && <Badge mood="bad">{clock.words} clock</Badge>}
      {gaps.map(({ boot, durableSeq, highestSeq }) => (
        <Badge key={boot} mood="bad">
          缺记录 gap {boot}: {durableSeq} … {highestSeq}
        </Badge>
      ))}
      {!silent && !clock && gaps.length === 0 && <Badge mood="good">正常 ok</Badge>}
    </>
  );
}
