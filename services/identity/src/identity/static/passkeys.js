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

async function ask(event) {
  event.preventDefault()
  const form = event.target
  const failed = form.querySelector('.townhall-passkey-failed')
  failed.hidden = true
  const kind = form.dataset.passkey
  try {
    const credential = await navigator.credentials[kind](asked(kind, JSON.parse(form.dataset.options)))
    form.elements.credential.value = answered(credential)
  } catch {
    failed.hidden = false
    return
  }
  form.submit()
}

if (window.PublicKeyCredential && !LOCAL_ADDRESS.test(location.hostname)) {
  for (const form of document.querySelectorAll('form[data-passkey]')) {
    form.hidden = false
    form.addEventListener('submit', ask)
    document.querySelector('.townhall-passkey-none')?.remove()
  }
}
