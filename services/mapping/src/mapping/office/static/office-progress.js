// Follows a file that is being read or published, until it is; without scripts the page loads itself again.

const SECOND = 1000;
const MOST = 10 * SECOND;

async function follow(section, wait) {
  await new Promise((resolve) => setTimeout(resolve, wait));
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(`the page: ${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.querySelector("[data-office-progress]");
    if (!next || page.title !== document.title) return location.reload();
    section.replaceChildren(...next.childNodes);
    return follow(section, SECOND);
  } catch (error) {
    console.warn(error);
    return follow(section, Math.min(2 * wait, MOST));
  }
}

const section = document.querySelector("[data-office-progress]");
if (section) follow(section, SECOND);
