import { Table } from '../table.tsx';
import { Badge, money, Words } from '../words.tsx';
import type { ChargeFile } from './billing.ts';
import { ResultsUpload } from './results-upload.tsx';

/** What the carrier was told to collect, and where its answers go. Files name phones: only its admin gets them. */
export function Files({ tenant, files, mayCharge }: { tenant: string; files: ChargeFile[]; mayCharge: boolean }) {
  if (files.length === 0)
    return (
      <p>
        <Words zh="没有计费文件" en="No charge file" />
      </p>
    );
  return (
    <>
      <Table
        heads={[
          ['文件', 'File'],
          ['行', 'Lines'],
          ['金额', 'Amount'],
          ['结果', 'Results'],
        ]}
      >
        {files.map(({ id, lines, fen, answered }) => (
          <tr key={id}>
            <th scope="row">
              {mayCharge ? (
                <a href={`/api/v1/billing/${tenant}/files/${id}`} download>
                  <Words zh={`下载 #${id}`} en="CSV" />
                </a>
              ) : (
                `#${id}`
              )}
            </th>
            <td>{lines}</td>
            <td>{money(fen)}</td>
            <td>
              <Badge mood={answered ? 'good' : ''}>{answered ? '已收到 received' : '未收到 awaited'}</Badge>
            </td>
          </tr>
        ))}
      </Table>
      {mayCharge && files.map((file) => <ResultsUpload key={file.id} tenant={tenant} file={file} />)}
    </>
  );
}
