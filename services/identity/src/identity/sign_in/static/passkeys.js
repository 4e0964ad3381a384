// Passkeys: the one thing these pages need JavaScript for. A form with data-passkey is shown only where the
// browser has passkeys; sending it asks the device, puts the answer in the hidden field and sends that.

const LOCAL_ADDRESS = /^(\d+\.){3}\d+$|^\[/ // a passkey belongs to a domain; an IP address is none

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0))

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '')

const named = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }))

function asked(kind, options) {
  const publicKey = { ...options, challenge: bytes(options.challenge) }
  if (kind === 'get') return { publicKey: { ...publicKey, allowCredentials: named(options.allowCredentials) } }
  publicKey.user = { ...options.user, id: bytes(options.user.id) }
  publicKey.excludeCredentials = named(options.excludeCredentials)
  return { publicKey }
}

function answered(credential) {
  const response = {}
  for (const name of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (credential.response[name]) response[name] = text(credential.response[name])
  }
  const { id, type } = credential
  return JSON.stringify({ id, rawId: text(credential.rawId), type, response, clientExtensionResults: {} })
}

let waiting = new AbortController() // what the browser offers by itself; one question at a time is allowed

async function answer(form, more) {
  const { passkey: kind, options } = form.dataset
  const credential = await navigator.credentials[kind]({ ...asked(kind, JSON.parse(options)), ...more })
  form.elements.credential.value = answered(credential)
  form.submit()
}

async function ask(event) {
  event.preventDefault()
  const form = event.target
  const failed = form.querySelector('.townhall-passkey-failed')
  failed.hidden = true
  waiting.abort()
  try {
    await answer(form, {})
  } catch {
    failed.hidden = false
    if (form.dataset.passkey === 'get') offer(form)
  }
}

// Passkeys among what the browser fills in at the e-mail address. Who chooses none hears nothing of it.
async function offer(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return
  waiting = new AbortController()
  try {
    await answer(form, { mediation: 'conditional', signal: waiting.signal })
  } catch {} // the button asked instead, the page is left, or the passkey was not used after all
}

if (window.PublicKeyCredential && !LOCAL_ADDRESS.test(location.hostname)) {
  for (const form of document.querySelectorAll('form[data-passkey]')) {
    form.hidden = false
    form.addEventListener('submit', ask)
    document.querySelector('.townhall-passkey-none')?.remove()
    if (form.dataset.passkey === 'get') offer(form)
  }
}
