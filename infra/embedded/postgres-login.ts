import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Who may log in to an embedded Postgres. Their passwords follow from a random secret beside its folder (0600). */
export const ROLES = {
  /** The superuser: makes the product's role and database, and nothing else. */
  admin: { name: 'postgres', password: (dataDir: string) => passwordOf(dataDir, 'postgres') },
  /** What the workers and the API are: owner of the database `campusline`. */
  product: { name: 'campusline', password: (dataDir: string) => passwordOf(dataDir, 'campusline') },
};

/**
 * The database `campusline` of the embedded Postgres in `dataDir`, as the product's role.
 * @throws Error saying what to do when the folder is of a version with one password for all
 */
export function postgresUrl(dataDir: string, port: number): string {
  return urlOf(ROLES.product.name, ROLES.product.password(dataDir), port, 'campusline');
}

/** A database of the embedded Postgres in `dataDir`, as its superuser. */
export function postgresAdminUrl(dataDir: string, port: number, database = 'campusline'): string {
  return urlOf(ROLES.admin.name, ROLES.admin.password(dataDir), port, database);
}

const urlOf = (name: string, password: string, port: number, database: string) =>
  `postgres://${name}:${password}@127.0.0.1:${port}/${database}`;

function passwordOf(dataDir: string, role: string): string {
  const file = `${dataDir}.secret`;
  if (!existsSync(file)) {
    if (existsSync(`${dataDir}/PG_VERSION`)) throw new Error(tooOld(dataDir));
    mkdirSync(dirname(dataDir), { recursive: true, mode: 0o700 });
    writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600 });
  }
  return createHmac('sha256', readFileSync(file, 'utf8')).update(role).digest('hex');
}

// Its superuser owns all tables, and Postgres lets nobody demote or rename the first superuser of a folder in place.
const tooOld = (dataDir: string) =>
  `The database in ${dataDir} was made by a version of Campusline whose database password everybody knew. ` +
  'Begin anew with `npm start -- --fresh`, or set CAMPUSLINE_DATA to another folder.';
