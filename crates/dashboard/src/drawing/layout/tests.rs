use proptest::prelude::*;

use super::*;

const CARD: Size = Size::new(208.0, 60.0);
const PILL: Size = Size::new(70.0, 20.0);

fn input(boxes: usize, arrows: &[(usize, usize)]) -> LayoutInput {
    LayoutInput {
        boxes: vec![BoxToPlace { size: CARD, ..BoxToPlace::default() }; boxes],
        arrows: arrows.iter().map(|&(from, to)| ArrowToRoute { from, to, label: PILL }).collect(),
        ..LayoutInput::default()
    }
}

/// The demo's campaign: three calls, two waits, a condition, two ends; two arrows run side by side.
fn campaign() -> LayoutInput {
    let arrows = [
        (0, 1),
        (0, 2),
        (0, 7),
        (1, 6),
        (1, 4),
        (2, 3),
        (3, 1),
        (3, 4),
        (3, 7),
        (4, 5),
        (5, 6),
        (5, 7),
        (5, 7),
    ];
    input(8, &arrows)
}

fn is_sound(layout: &Layout, input: &LayoutInput) -> Result<(), TestCaseError> {
    let whole = Rect { origin: Point::default(), size: layout.size };
    prop_assert_eq!(layout.boxes.len(), input.boxes.len());
    prop_assert_eq!(layout.routes.len(), input.arrows.len());
    for (rect, given) in layout.boxes.iter().zip(&input.boxes) {
        prop_assert_eq!(rect.size, given.size);
        prop_assert_eq!(whole.united(rect), whole, "a box is outside of the picture");
    }
    for (route, arrow) in layout.routes.iter().zip(&input.arrows) {
        let ends = (layout.boxes.get(arrow.from), layout.boxes.get(arrow.to));
        let (Some(from), Some(to)) = ends else {
            prop_assert!(route.is_none());
            continue;
        };
        let route = route.as_ref().expect("both boxes are there");
        for place in route.curve.samples(16) {
            prop_assert!(place.is_finite() && whole.grown(0.1).contains(place), "{place:?}");
        }
        prop_assert!(at_a_side(from, route.curve.start), "starts in the air");
        prop_assert!(at_a_side(to, route.curve.end()), "ends in the air");
        prop_assert_eq!(whole.united(&route.label), whole, "a label is outside of the picture");
    }
    Ok(())
}

fn at_a_side(rect: &Rect, place: Point) -> bool {
    let within = rect.grown(0.01).contains(place);
    within && !rect.grown(-0.01).contains(place)
}

fn boxes_do_not_overlap(layout: &Layout) -> Result<(), TestCaseError> {
    for (index, rect) in layout.boxes.iter().enumerate() {
        for other in layout.boxes.iter().skip(index + 1) {
            prop_assert!(!rect.grown(-0.01).overlaps(other), "{rect:?} {other:?}");
        }
    }
    Ok(())
}

/// Neither a label nor, but at its own ends, an arrow is over a box.
fn nothing_is_over_a_box(layout: &Layout, input: &LayoutInput) -> Result<(), TestCaseError> {
    for (route, arrow) in layout.routes.iter().zip(&input.arrows) {
        let Some(route) = route else { continue };
        for (index, rect) in layout.boxes.iter().enumerate() {
            let rect = rect.grown(-0.5);
            prop_assert!(!rect.overlaps(&route.label), "{:?} of {arrow:?}", route.label);
            let over = route.curve.samples(16).into_iter().find(|&place| rect.contains(place));
            prop_assert!(over.is_none(), "{arrow:?} is over box {index} at {over:?}");
        }
    }
    Ok(())
}

fn any_graph(most: usize) -> impl Strategy<Value = LayoutInput> {
    (0..=most).prop_flat_map(move |count| {
        let arrow = (0..count + 1, 0..count + 1, any::<bool>());
        let arrows = prop::collection::vec(arrow, 0..=2 * count + 1);
        (Just(count), arrows, any::<bool>(), prop::collection::vec((0..9_i32, 0..9_i32), count))
            .prop_map(|(count, arrows, right, chosen)| {
                let pairs: Vec<_> = arrows.iter().map(|&(from, to, _)| (from, to)).collect();
                let mut input = input(count, &pairs);
                for (arrow, (_, _, labelled)) in input.arrows.iter_mut().zip(&arrows) {
                    arrow.label = if *labelled { PILL } else { Size::default() };
                }
                for (one, (x, y)) in input.boxes.iter_mut().zip(chosen) {
                    one.chosen = Point::new(f64::from(x) * 240.0, f64::from(y) * 120.0);
                }
                input.direction = if right { Direction::Right } else { Direction::Down };
                input
            })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_graph_is_drawn_tidily(input in any_graph(14)) {
        let layout = arrange(&input);
        is_sound(&layout, &input)?;
        boxes_do_not_overlap(&layout)?;
        nothing_is_over_a_box(&layout, &input)?;
        prop_assert_eq!(&layout, &arrange(&input), "the same graph, the same picture");
    }

    #[test]
    fn any_graph_is_drawn_where_a_person_put_it(input in any_graph(10)) {
        let input = LayoutInput { placement: Placement::Chosen, ..input };
        let layout = arrange(&input);
        is_sound(&layout, &input)?;
        for (rect, given) in layout.boxes.iter().zip(&input.boxes) {
            let (first, chosen) = (layout.boxes[0].origin, input.boxes[0].chosen);
            let moved = Point::new(rect.origin.x - first.x, rect.origin.y - first.y);
            let meant = Point::new(given.chosen.x - chosen.x, given.chosen.y - chosen.y);
            prop_assert!((moved.x - meant.x).abs() < 0.01 && (moved.y - meant.y).abs() < 0.01);
        }
        prop_assert_eq!(&layout, &arrange(&input));
    }

    #[test]
    fn the_grid_draws_any_graph_too(input in any_graph(20)) {
        let rects = grid::place(&input.boxes, &input.arrows);
        let routes = free::routes(&rects, &input.arrows);
        let layout = framed(rects, routes, Direction::Down);
        is_sound(&layout, &input)?;
        boxes_do_not_overlap(&layout)?;
    }
}

#[test]
fn a_campaign_runs_downwards_from_its_entry() {
    let input = campaign();
    let layout = arrange(&input);
    is_sound(&layout, &input).unwrap();
    boxes_do_not_overlap(&layout).unwrap();
    nothing_is_over_a_box(&layout, &input).unwrap();
    for (arrow, route) in input.arrows.iter().zip(&layout.routes) {
        let curve = &route.as_ref().unwrap().curve;
        assert!(curve.end().y > curve.start.y, "{arrow:?} runs upwards");
    }
    let labels: Vec<Rect> = layout.routes.iter().flatten().map(|route| route.label).collect();
    for (index, label) in labels.iter().enumerate() {
        assert!(!labels.iter().skip(index + 1).any(|other| other.overlaps(label)), "{label:?}");
    }
    let starts = |from: usize| {
        let at = input.arrows.iter().zip(&layout.routes).filter(move |(one, _)| one.from == from);
        at.map(|(_, route)| route.as_ref().unwrap().curve.start.x).collect::<Vec<_>>()
    };
    for from in [0, 3, 5] {
        let mut ports = starts(from);
        ports.sort_by(f64::total_cmp);
        assert_eq!(ports.len(), 3);
        assert!(ports.windows(2).all(|pair| pair[1] - pair[0] > 20.0), "{ports:?}");
    }
}

#[test]
fn a_campaign_drawn_by_a_person_has_its_arrows_beside_the_boxes() {
    let mut input = campaign();
    input.placement = Placement::Chosen;
    let places = [
        (320, 0),
        (80, 120),
        (320, 120),
        (320, 240),
        (320, 360),
        (320, 480),
        (80, 600),
        (560, 600),
    ];
    for (one, (x, y)) in input.boxes.iter_mut().zip(places) {
        one.chosen = Point::new(f64::from(x), f64::from(y));
    }
    let layout = arrange(&input);
    is_sound(&layout, &input).unwrap();
    nothing_is_over_a_box(&layout, &input).unwrap();
}

#[test]
fn to_the_right_is_the_same_with_the_axes_swapped() {
    let down = arrange(&input(2, &[(0, 1)]));
    let mut turned = input(2, &[(0, 1)]);
    turned.direction = Direction::Right;
    let right = arrange(&turned);
    assert!(down.boxes[1].top() > down.boxes[0].bottom());
    assert!(right.boxes[1].left() > right.boxes[0].right());
    assert!((right.boxes[0].centre().y - right.boxes[1].centre().y).abs() < 0.01);
    let route = right.routes[0].as_ref().unwrap();
    assert!((route.curve.start.x - right.boxes[0].right()).abs() < 0.01);
}

#[test]
fn nothing_and_a_single_box_are_pictures_too() {
    assert_eq!(arrange(&LayoutInput::default()).size, Size::new(2.0 * MARGIN, 2.0 * MARGIN));
    let one = arrange(&input(1, &[]));
    assert_eq!(one.size, Size::new(CARD.width + 2.0 * MARGIN, CARD.height + 2.0 * MARGIN));
}

#[test]
fn sizes_that_are_no_numbers_are_drawn_nevertheless() {
    let mut odd = input(3, &[(0, 1), (1, 2), (2, 0), (1, 1), (0, 9)]);
    odd.boxes[0].size = Size::new(f64::NAN, f64::INFINITY);
    odd.boxes[1].size = Size::new(-5.0, 0.0);
    odd.arrows[0].label = Size::new(f64::NEG_INFINITY, 1e300);
    odd.boxes[2].chosen = Point::new(f64::NAN, 1e300);
    for placement in [Placement::Tidy, Placement::Chosen] {
        let layout = arrange(&LayoutInput { placement, ..odd.clone() });
        assert!(layout.size.width.is_finite() && layout.size.height.is_finite());
        for place in layout.routes.iter().flatten().flat_map(|route| route.curve.samples(4)) {
            assert!(place.is_finite());
        }
    }
}

/// Numbers as a large workflow has them, from a fixed seed.
fn large(boxes: usize, arrows: usize) -> LayoutInput {
    let mut state = 7_u64;
    let mut next = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut pairs: Vec<(usize, usize)> =
        (1..boxes).map(|to| (to - 1 - next(to.min(6)), to)).collect();
    while pairs.len() < arrows {
        let from = next(boxes);
        pairs.push((from, (from + 1 + next(9)) % boxes));
    }
    input(boxes, &pairs)
}

#[test]
fn five_hundred_boxes_are_placed_by_the_layout_itself() {
    let input = large(500, 663);
    assert!(dagre::place(&input.boxes, &input.arrows).is_some(), "within its budget");
    let layout = arrange(&input);
    is_sound(&layout, &input).unwrap();
    boxes_do_not_overlap(&layout).unwrap();
}

#[test]
fn the_largest_graphs_are_drawn_one_way_or_the_other() {
    let chain: Vec<_> = (1..500).map(|to| (to - 1, to)).collect();
    let star: Vec<_> = (0..2_000).map(|nth| (0, nth % 500)).collect();
    let shortcuts = (0..500).map(|nth| (nth * 7 % 300, nth * 13 % 200 + 300));
    let long: Vec<_> = chain.iter().copied().chain(shortcuts).collect();
    let graphs = [large(500, 2_000), input(500, &chain), input(500, &star), input(500, &long)];
    for input in graphs {
        let layout = arrange(&input);
        is_sound(&layout, &input).unwrap();
        boxes_do_not_overlap(&layout).unwrap();
    }
}

#[test]
fn a_layout_that_is_stopped_gives_way_to_the_grid() {
    let input = campaign();
    assert!(dagre::place_within(&input.boxes, &input.arrows, 100).is_none());
    let rects = grid::place(&input.boxes, &input.arrows);
    let tops: Vec<f64> = rects.iter().map(Rect::top).collect();
    assert!((tops[1] - tops[2]).abs() < 0.01);
    assert!(tops[0] < tops[1] && tops[1] < tops[3]);
}
