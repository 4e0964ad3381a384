// Look again until the page is another one, or leads to another one: after 3 seconds, then less and less often, a
// minute at most.
const waits = 'id="await-answer"'
const look = async (seconds) => {
  const text = await fetch(location.href, { redirect: 'manual' }).then((page) => page.text(), () => waits)
  if (text.includes(waits)) setTimeout(look, seconds * 1000, Math.min(seconds * 1.2, 60))
  else location.reload()
}
document.getElementById('looks-by-itself').hidden = false
setTimeout(look, 3000, 3)
