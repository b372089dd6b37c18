import { usePolling } from './polling.ts';
import { request } from './request.ts';
import { ErrorNote, Time, Words } from './words.tsx';

interface Reader {
  deviceId: string;
  lastSeenAt: string | null;
  silent: boolean;
  gaps: { boot: string; durableSeq: number; highestSeq: number }[];
}

interface Quarantined {
  id: number;
  deviceId: string;
  seq: number | null;
  words: string;
  receivedAt: string;
}

const LOOK_MS = 5_000;

const NOTHING: { readers: Reader[]; records: Quarantined[] } = { readers: [], records: [] };
const look = async () => {
  const [{ readers }, { records }] = await Promise.all([
    request<{ readers: Reader[] }>('GET', '/api/v1/readers'),
    request<{ records: Quarantined[] }>('GET', '/api/v1/readers/quarantine'),
  ]);
  return { readers, records };
};

/** The readers at the gates, and what of theirs could not be trusted. */
export function GatePage() {
  const { answer: { readers, records } = NOTHING, error } = usePolling(look, LOOK_MS);

  return (
    <>
      <section className="card">
        <h2>
          <Words zh="读卡器" en="Card readers" />
        </h2>
        <ErrorNote error={error} />
        <table>
          <thead>
            <tr>
              <Head zh="设备" en="Device" />
              <Head zh="最近上报" en="Last seen" />
              <Head zh="状态" en="State" />
            </tr>
          </thead>
          <tbody>
            {readers.map((reader) => (
              <tr key={reader.deviceId}>
                <th scope="row">{reader.deviceId}</th>
                <td>{reader.lastSeenAt ? <Time at={reader.lastSeenAt} /> : <Words zh="从未" en="never" />}</td>
                <td>
                  <ReaderState reader={reader} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <section className="card">
        <h2>
          <Words zh="隔离的刷卡" en="Quarantined swipes" />
        </h2>
        {records.length === 0 && <Words zh="没有" en="None" />}
        <ul>
          {records.map(({ id, deviceId, seq, words, receivedAt }) => (
            <li key={id}>
              <Time at={receivedAt} /> {deviceId} {seq !== null && `#${seq}`} {words}
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

function ReaderState({ reader: { silent, gaps } }: { reader: Reader }) {
  return (
    <>
      {silent && <span className="badge bad">上学时段无刷卡 silent</span>}
      {gaps.map(({ boot, durableSeq, highestSeq }) => (
        <span key={boot} className="badge bad">
          缺记录 gap {boot}: {durableSeq} … {highestSeq}
        </span>
      ))}
      {!silent && gaps.length === 0 && <span className="badge good">正常 ok</span>}
    </>
  );
}

function Head({ zh, en }: { zh: string; en: string }) {
  return (
    <th scope="col">
      <Words zh={zh} en={en} />
    </th>
  );
}
