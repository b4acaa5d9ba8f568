// Elements of the hub's that are grown here into all that they show: one for the hub, many here.

/** A tree ("hub/console/tree.py") as elements; a text is a text node, whoever wrote it. */
function grow(node) {
  if (typeof node === "string") return node;
  const [tag, attributes, children] = node;
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.map(grow));
  return element;
}

class Grown extends HTMLElement {
  static observedAttributes = ["shows"];

  attributeChangedCallback(_name, _before, trees) {
    this.replaceChildren(...JSON.parse(trees).map(grow));
  }
}

/** A card of the wall; what is done on it the column hears, so that the hub listens once for all. */
class Card extends Grown {
  constructor() {
    super();
    this.addEventListener("click", (event) => {
      const act = event.target.closest("button") === null ? "choose" : "acknowledge";
      this.dispatchEvent(new CustomEvent(act, { bubbles: true, detail: this.getAttribute("of") }));
    });
  }
}

customElements.define("custos-grown", Grown);
customElements.define("custos-card", Card);
