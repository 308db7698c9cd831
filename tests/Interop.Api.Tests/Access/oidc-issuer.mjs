// An OpenID Connect issuer (oauth2-mock-server) with an RS256 and an ES256 key. Prints its URL; POST /mint {alg, ...} on the second port
// answers with a token whose payload has the other members; {"rotate": true} adds a key and signs with that.
import { createServer } from 'node:http';
import { OAuth2Server } from 'oauth2-mock-server';

const issuer = new OAuth2Server();
const keys = {
  RS256: (await issuer.issuer.keys.generate('RS256')).kid,
  ES256: (await issuer.issuer.keys.generate('ES256')).kid,
  RS512: (await issuer.issuer.keys.generate('RS512')).kid,
};
await issuer.start(0, 'localhost');

const mint = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  const { alg, rotate, expires, ...claims } = JSON.parse(body);
  const kid = rotate ? (await issuer.issuer.keys.generate(alg)).kid : keys[alg];
  response.end(await issuer.issuer.buildToken({
    kid,
    expiresIn: expires ?? 600,
    scopesOrTransform: (header, payload) => Object.assign(payload, claims),
  }));
});
mint.listen(0, '127.0.0.1', () => console.log(`${issuer.issuer.url} http://127.0.0.1:${mint.address().port}/`));
