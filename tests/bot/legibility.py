"""What a reader without a mouse or with large type depends on, measured in the browser."""

from playwright.async_api import Page

SIZES = ((320, 568), (390, 844), (820, 1100), (1280, 800), (1680, 1000))

WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
NAMELESS = """[...document.querySelectorAll('button, input, textarea, a, summary')]
    .filter((item) => item.checkVisibility())
    .filter((item) => !(item.getAttribute('aria-label') || item.labels?.[0] || item.textContent).toString().trim())
    .map((item) => item.outerHTML)"""
SMALL = """[...document.querySelectorAll('button, .senders label, summary')]
    .filter((item) => item.checkVisibility() && item.getBoundingClientRect().height < 38)
    .map((item) => item.outerHTML)"""
PALE = """[...document.querySelectorAll('body *')].flatMap((item) => {
    const own = [...item.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !item.checkVisibility() || item.closest('.heard, .skip, .drums')) return [];
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = (colour) => {
        const [red, green, blue] = numbers(colour).map((part) => part / 255)
            .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    let ground = item;
    while (ground && numbers(getComputedStyle(ground).backgroundColor)[3] === 0) ground = ground.parentElement;
    const background = getComputedStyle(ground ?? document.body).backgroundColor;
    const colours = [light(getComputedStyle(item).color), light(background)];
    const ratio = (Math.max(...colours) + 0.05) / (Math.min(...colours) + 0.05);
    return ratio < 4.5 ? [`${ratio.toFixed(2)} ${item.outerHTML}`] : [];
})"""


async def assert_legible(page: Page) -> None:
    """At every width nothing sticks out, every control has a name and a size to hit, all text a contrast of AA."""
    for width, height in SIZES:
        await page.set_viewport_size({"width": width, "height": height})
        scroll, visible = await page.evaluate(WIDTHS)
        assert (width, scroll) == (width, visible)
        assert await page.evaluate(NAMELESS) == []
        assert await page.evaluate(SMALL) == []
        assert await page.evaluate(PALE) == []
