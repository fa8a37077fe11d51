// Files that are dropped on an element.

export function onDrop(element, take) {
  const mark = (over) => (event) => {
    event.preventDefault();
    element.classList.toggle("over", over);
  };
  element.addEventListener("dragover", mark(true));
  element.addEventListener("dragleave", mark(false));
  element.addEventListener("drop", (event) => {
    mark(false)(event);
    if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  });
}
