// Passes requests on to a store with its key, which the conformance suite cannot be given: node with_key.mjs URL KEY
import http from "node:http";

const [store, key] = process.argv.slice(2);

const server = http.createServer((request, response) => {
  const { method, url, headers } = request;
  const options = { method, headers: { ...headers, authorization: `Bearer ${key}` } };
  const onwards = http.request(new URL(url, store), options, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  onwards.on("error", () => response.destroy());
  request.pipe(onwards);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
