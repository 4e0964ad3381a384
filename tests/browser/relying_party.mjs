// A council's service as somebody else would write it: openid-client signs people in, jose checks logout tokens.
// It is told on its first line of standard input who it is, says on standard output where it listens, and ends
// with its input. What it was sent and what it holds is told at /state.
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const packages = createRequire(`${process.cwd()}/package.json`)
const file = packages.resolve('openid-client')
const client = await import(pathToFileURL(file))
const jose = await import(pathToFileURL(createRequire(file).resolve('jose')))

const LOGOUT = 'http://schemas.openid.net/event/backchannel-logout'
const input = createInterface({ input: process.stdin })
const told = JSON.parse((await input[Symbol.asyncIterator]().next()).value)
const shown = told.key
  ? client.PrivateKeyJwt({ key: await jose.importJWK(told.key, told.alg), kid: told.key.kid })
  : client.ClientSecretBasic(told.secret)
const provider = await client.discovery(
  new URL(told.issuer),
  told.client_id,
  { id_token_signed_response_alg: told.id_token_alg },
  shown,
  { execute: told.issuer.startsWith('http:') ? [client.allowInsecureRequests] : [] },
)
const published = jose.createRemoteJWKSet(new URL(provider.serverMetadata().jwks_uri))
const visits = new Map() // by state: what was sent, and what came of it
const refused = []
let here, last

async function start() {
  const verifier = client.randomPKCECodeVerifier()
  const visit = { verifier, state: client.randomState(), nonce: client.randomNonce() }
  const asked = {
    redirect_uri: `${here}/callback`,
    scope: told.scope,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: visit.state,
    nonce: visit.nonce,
    ...told.more,
  }
  visits.set(visit.state, visit)
  const url = told.par
    ? await client.buildAuthorizationUrlWithPAR(provider, asked)
    : client.buildAuthorizationUrl(provider, asked)
  return { to: url.href }
}

async function callback(url) {
  const visit = visits.get(url.searchParams.get('state'))
  visits.delete(url.searchParams.get('state'))
  const tokens = await client.authorizationCodeGrant(provider, url, {
    pkceCodeVerifier: visit.verifier,
    expectedState: visit.state,
    expectedNonce: visit.nonce,
    idTokenExpected: true,
  })
  const claims = tokens.claims()
  const person = await client.fetchUserInfo(provider, tokens.access_token, claims.sub)
  last = { tokens, claims, person, signedIn: true }
  return { page: 'Signed in' }
}

async function refresh() {
  const before = last.tokens
  last.tokens = await client.refreshTokenGrant(provider, before.refresh_token)
  const changed = ['access_token', 'refresh_token'].every((name) => last.tokens[name] !== before[name])
  return { page: changed ? 'Refreshed' : 'Not refreshed' }
}

function signOut() {
  last.leaving = client.randomState()
  const back = { post_logout_redirect_uri: `${here}/bye`, state: last.leaving }
  return { to: client.buildEndSessionUrl(provider, { id_token_hint: last.tokens.id_token, ...back }).href }
}

function bye(url) {
  return { page: url.searchParams.get('state') === last.leaving ? 'Signed out' : 'Who sent you?' }
}

const pages = { '/': start, '/callback': callback, '/refresh': refresh, '/sign-out': signOut, '/bye': bye }

// OpenID Connect Back-Channel Logout 1.0, section 2.6.
async function hear(token) {
  const { payload } = await jose.jwtVerify(token, published, {
    issuer: provider.serverMetadata().issuer,
    audience: told.client_id,
    typ: 'logout+jwt',
    requiredClaims: ['iat', 'exp', 'jti', 'events', 'sub', 'sid'],
  })
  if (!(LOGOUT in payload.events) || 'nonce' in payload) throw new Error('not a logout token')
  if (payload.sid !== last.claims.sid || payload.sub !== last.claims.sub) throw new Error('not of this session')
  last.signedIn = false
}

async function answer(request, response) {
  const url = new URL(request.url, here)
  if (url.pathname === '/state') return response.end(JSON.stringify({ ...last, refused, open: visits.size }))
  if (!pages[url.pathname]) return response.writeHead(404).end()
  try {
    const { to, page } = await pages[url.pathname](url)
    if (to) return response.writeHead(302, { location: to }).end()
    response.setHeader('content-type', 'text/html')
    response.end(`<!doctype html><html lang="en"><title>Bins</title><h1>${page}</h1>`)
  } catch (error) {
    refused.push({ path: url.pathname, code: error.code, error: error.error, message: error.message })
    response.writeHead(400, { 'content-type': 'text/html' }).end('<h1>Not signed in</h1>')
  }
}

async function answerBehind(request, response) {
  let body = ''
  for await (const part of request) body += part
  try {
    await hear(new URLSearchParams(body).get('logout_token') ?? '')
    response.writeHead(200).end()
  } catch (error) {
    refused.push({ path: request.url, message: error.message })
    response.writeHead(400).end()
  }
}

const front = createServer(answer).listen(0, '127.0.0.1', () => {
  here = `http://127.0.0.1:${front.address().port}`
  if (!told.tls) return console.log(JSON.stringify({ here }))
  const behind = createSecureServer(told.tls, answerBehind)
  behind.listen(told.port, '127.0.0.1', () => console.log(JSON.stringify({ here })))
})
input.on('close', () => process.exit(0))
