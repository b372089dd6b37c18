import { useState, type SubmitEvent } from 'react';
import { useAction } from '../action.ts';
import { Field } from '../fields.tsx';
import { request, type Refusal } from '../request.ts';
import { DoneNote, ErrorNote, money, Words } from '../words.tsx';
import type { ChargeFile } from './billing.ts';

interface Report {
  successes: number;
  failures: number;
  collectedFen: number;
}

/** Takes the carrier's results of a charge file, and says row by row what is wrong with them. */
export function ResultsUpload({ tenant, file: { id, answered } }: { tenant: string; file: ChargeFile }) {
  const [file, setFile] = useState<File>();
  const [report, setReport] = useState<Report>();
  const { busy, error, run, changed } = useAction();

  function submit(event: SubmitEvent) {
    event.preventDefault();
    const path = `/api/v1/billing/${tenant}/files/${id}/results`;
    run(async (key) => request<Report>('POST', path, { body: { csv: await textOf(file!) }, key }), setReport);
  }

  if (answered) return report ? <Counted report={report} /> : null;
  return (
    <form onSubmit={submit}>
      <Field zh={`文件 #${id} 的扣费结果`} en="The carrier's results (CSV)">
        <input
          type="file"
          name="results"
          accept=".csv,text/csv"
          required
          onChange={(event) => {
            setFile(event.target.files?.[0]);
            changed();
          }}
        />
      </Field>
      <RowErrors error={error} />
      {report && <Counted report={report} />}
      <button disabled={busy || !file}>
        <Words zh="上传结果" en="Upload" />
      </button>
    </form>
  );
}

function Counted({ report: { successes, failures, collectedFen } }: { report: Report }) {
  const zh = `已记账：成功 ${successes} 行，失败 ${failures} 行，共收 ${money(collectedFen)}。`;
  return <DoneNote done={{ zh, en: 'Counted.' }} />;
}

function RowErrors({ error }: { error: Refusal | undefined }) {
  return (
    <>
      <ErrorNote error={error} />
      {error && error.errors.length > 0 && (
        <ul className="error">
          {error.errors.map(({ field, message }) => (
            <li key={`${field} ${message}`}>
              {field.replace(/^csv\.row (\d+)$/, '第$1行 row $1')}: {message}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** What Excel saves in China is GB 18030 unless told otherwise. */
async function textOf(file: File): Promise<string> {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('gb18030').decode(bytes);
  }
}
