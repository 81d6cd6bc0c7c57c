import type { Statement } from './postgres.ts';

let count = 0;

function prepare(text: string): Statement {
  count += 1;
  return { name: `s${count}`, text };
}

const firstPage = (name: string) =>
  prepare(
    `SELECT cursorpage, continuation, persistconnection, cursorid FROM documentdb_api.${name}($1, $2::documentdb_core.bson)`,
  );

const write = (name: string) =>
  prepare(
    `SELECT p_result, p_success FROM documentdb_api.${name}($1, $2::documentdb_core.bson, $3::documentdb_core.bsonsequence, $4)`,
  );

/**
 * The engine's functions, one statement each. `bson` in binary form is the document's own bytes, both ways, so commands
 * and answers pass through undecoded.
 */
export const SQL = {
  find: firstPage('find_cursor_first_page'),
  aggregate: firstPage('aggregate_cursor_first_page'),
  listCollections: firstPage('list_collections_cursor_first_page'),
  listIndexes: firstPage('list_indexes_cursor_first_page'),
  getMore: prepare(
    'SELECT cursorpage, continuation FROM documentdb_api.cursor_get_more($1, $2::documentdb_core.bson, $3::documentdb_core.bson)',
  ),
  deleteCursors: prepare('SELECT documentdb_api_internal.delete_cursors($1::bigint[])'),
  insert: write('insert'),
  update: write('update'),
  delete: write('delete'),
  findAndModify: prepare(
    'SELECT p_result, p_success FROM documentdb_api.find_and_modify($1, $2::documentdb_core.bson, $3)',
  ),
  count: prepare('SELECT document FROM documentdb_api.count_query($1, $2::documentdb_core.bson)'),
  distinct: prepare('SELECT document FROM documentdb_api.distinct_query($1, $2::documentdb_core.bson)'),
  create: prepare('SELECT documentdb_api.create_collection_view($1, $2::documentdb_core.bson)'),
  drop: prepare('SELECT documentdb_api.drop_collection($1, $2)'),
  dropDatabase: prepare('SELECT 1 FROM documentdb_api.drop_database($1)'),
  // The builder that returns when the index is there; the other one leaves the work to a scheduler.
  createIndexes: prepare(
    'SELECT documentdb_api_internal.create_indexes_non_concurrently($1, $2::documentdb_core.bson, true)',
  ),
  dropIndexes: prepare('CALL documentdb_api.drop_indexes($1, $2::documentdb_core.bson, NULL)'),
  collMod: prepare('SELECT documentdb_api.coll_mod($1, $2, $3::documentdb_core.bson)'),
  collStats: prepare('SELECT documentdb_api.coll_stats($1, $2, $3::float8)'),
  dbStats: prepare('SELECT documentdb_api.db_stats($1, $2::float8)'),
  renameCollection: prepare('SELECT documentdb_api.rename_collection($1::documentdb_core.bson)'),
  listDatabases: prepare('SELECT documentdb_api.list_databases($1::documentdb_core.bson)'),
  validate: prepare('SELECT document FROM documentdb_api.validate($1, $2::documentdb_core.bson)'),
  // The engine keeps its record of retryable writes for good; a session ends after thirty minutes without use.
  forgetRetries: prepare(
    "DELETE FROM documentdb_data.retryable_writes WHERE write_time < now() - interval '40 minutes'",
  ),
  explainFind: explain('find'),
  explainAggregate: explain('pipeline'),
  explainCount: explain('count'),
  explainDistinct: explain('distinct'),
} as const;

function explain(name: string): Statement {
  return prepare(
    `EXPLAIN (FORMAT JSON, ANALYZE) SELECT document FROM documentdb_api_catalog.bson_aggregation_${name}($1, $2::documentdb_core.bson)`,
  );
}
