// The bank's page was in a frame: go on in the window.
if (window.top !== window) window.top.location.assign(document.getElementById('leave-frame').href)
