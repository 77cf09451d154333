// The audits of GraphQL over HTTP by graphql-http, against YAOLU_URL: every one must be ok.
import { auditServer } from "graphql-http";

const AUDITS = 61;

const results = await auditServer({ url: `${process.env.YAOLU_URL}/graphql` });
const failed = results.filter((result) => result.status !== "ok");
for (const { id, name, status, reason } of failed) console.error(`  ${id} ${status}: ${name}\n    ${reason}`);
console.log(`graphql-http: ${results.length - failed.length} of ${results.length} audits ok`);
process.exitCode = failed.length === 0 && results.length === AUDITS ? 0 : 1;
