// What Solara's page lacks: a language, zoom on telephones, and words when the server is gone.
document.documentElement.lang = 'en';
document.querySelector('meta[name=viewport]').setAttribute('content', 'width=device-width, initial-scale=1');
(function () {
  let bar = null;
  function say(text, press) {
    if (!bar) {
      bar = document.createElement('div');
      bar.className = 'ma-lost';
      bar.setAttribute('role', 'alert');
      document.body.appendChild(bar);
    }
    bar.textContent = text;
    if (press) {
      const button = document.createElement('button');
      button.textContent = 'Open a fresh world';
      button.onclick = () => location.reload();
      bar.appendChild(button);
    }
  }
  function hush() {
    if (bar) bar.remove();
    bar = null;
  }
  let knocking = null;
  function knock(page) {  // Solara's own attempts grow rare; a server that answers is joined at once
    if (knocking) return;
    knocking = setInterval(async () => {
      if (page.connectionStatus === 'connected' || page.needsRefresh) {
        clearInterval(knocking);
        knocking = null;
        return;
      }
      const up = await fetch(solara.rootPath + '/readyz').then((answer) => answer.ok, () => false);
      const kernel = up && window.solara.debug && window.solara.debug.kernel();
      if (kernel && kernel.reconnect && page.connectionStatus !== 'connected') kernel.reconnect().catch(() => {});
    }, 1500);
  }
  const wait = setInterval(() => {
    const page = window.app;
    if (!page || !page.$watch) return;
    clearInterval(wait);
    page.$watch('connectionStatus', (status) => {
      if (!page.wasConnected || page.needsRefresh) return;
      if (status === 'connected') hush();
      else {
        say('The connection to the server is lost. This page tries again by itself; your world is kept for two minutes.');
        knock(page);
      }
    });
    page.$watch('needsRefresh', (needed) => {
      if (!needed) return;
      say('The server was restarted and your world is gone from its memory. A fresh one opens in a moment.', true);
      setTimeout(() => location.reload(), 4000);
    });
  }, 100);
})();
