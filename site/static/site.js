// The theme names its search button "Search", and the words on it are "Search Ctrl + K": who speaks
// to the browser says what they see (axe: label-content-name-mismatch).
document.querySelectorAll(".search-button-field").forEach((button) => {
  button.ariaLabel = button.textContent.replace(/\s+/g, " ").trim();
});
