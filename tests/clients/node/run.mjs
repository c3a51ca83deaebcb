// Runs the statements of a SQL script, one after the other, in DuckDB's client for Node.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [, , folder, database, script] = process.argv;
const require = createRequire(`${folder}/package.json`);
const { DuckDBInstance } = require("@duckdb/node-api");
const options = database === ":memory:" ? {} : { access_mode: "READ_ONLY" };
const connection = await (await DuckDBInstance.create(database, options)).connect();
for (const statement of readFileSync(script, "utf8").split(";\n")) {
  if (statement.trim()) await connection.run(statement);
}
