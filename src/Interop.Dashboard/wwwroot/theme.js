// Sets the theme before the first paint. It is a file, because the content security policy allows no inline script.
(() => {
  const stored = localStorage.getItem('interop.theme');
  const dark = stored ? stored === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
