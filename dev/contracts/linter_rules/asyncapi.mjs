// Print what AsyncAPI's own parser finds in a document, one JSON object a line. Run in web/, which has the packages.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const packages = createRequire(`${process.cwd()}/package.json`)
const { Parser, fromFile } = packages('@asyncapi/parser')
const { diagnostics } = await fromFile(new Parser(), process.argv[2]).parse()
// 0 and 1 are errors and warnings. 2 is information: that a later version of AsyncAPI exists.
for (const { severity, code, message, path } of diagnostics.filter((each) => each.severity < 2)) {
  console.log(JSON.stringify({ severity, code, message, path: path.join('.') }))
}
