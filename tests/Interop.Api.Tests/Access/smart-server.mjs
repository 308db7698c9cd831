// An authorization server (oidc-provider) for SMART Backend Services: client_credentials with a signed assertion, RS384 or ES384.
// Prints its URL. POST /test/client {client_id, ...} registers a client; GET /test/issued lists the tokens that it gave.
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const clients = new Map();
const issued = [];

class Memory {
  static stores = new Map();
  constructor(name) {
    if (!Memory.stores.has(name)) Memory.stores.set(name, new Map());
    this.store = Memory.stores.get(name);
    this.name = name;
  }
  async find(id) { return this.name === 'Client' ? clients.get(id) : this.store.get(id); }
  async upsert(id, payload) { this.store.set(id, payload); }
  async destroy(id) { this.store.delete(id); }
  async consume(id) { this.store.get(id).consumed = Math.floor(Date.now() / 1000); }
}

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(url, {
    adapter: Memory,
    scopes: ['system/*.read'],
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    clientAuthMethods: ['private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: ['RS384', 'ES384'] },
    ttl: { ClientCredentials: 300 },
    // Keys by URL of this machine; the default refuses them.
    fetch: (target, options) => { delete options.dispatcher; return fetch(target, options); },
  });
  provider.on('grant.success', context => issued.push(context.body.access_token));
  provider.on('grant.error', (context, error) => console.error(error.message, error.error_detail ?? ''));
  const answer = provider.callback();
  server.on('request', async (request, response) => {
    if (request.url === '/test/issued') return response.end(JSON.stringify(issued));
    if (request.url !== '/test/client') return answer(request, response);
    let body = '';
    for await (const part of request) body += part;
    const client = JSON.parse(body);
    clients.set(client.client_id, {
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'private_key_jwt',
      scope: 'system/*.read',
      ...client,
    });
    response.end();
  });
  console.log(url);
});
