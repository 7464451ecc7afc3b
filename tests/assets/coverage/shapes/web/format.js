function unit(value, name = "mm") {
  if (value > 1000) {
    return `${value / 1000} m`;
  }
  return `${value} ${name}`;
}

const never = () => {
  return 1;
};

const short = (value) => value + 1;

class Label {
  constructor(text) {
    this.text = text;
  }

  upper() {
    return this.text ? this.text.toUpperCase() : "";
  }
}

module.exports = { unit, never, short, Label };
