import { json } from 'node:stream/consumers';
import { queryDuckDb } from '../../support/readParquet.ts';

/** Prints the host's time zone as DuckDB has it, and the rows of the queries that standard input lists. */
const queries = (await json(process.stdin)) as readonly string[];
const [zone] = await queryDuckDb(`SELECT current_setting('TimeZone') AS zone`, null);
const answers = [];
for (const sql of queries) answers.push(await queryDuckDb(sql, null));
console.log(JSON.stringify({ zone: zone!.zone, answers }));
