//! The stream of all records.

use branchline_engine::{Cursor, command::WorkflowAction};

use crate::world::{World, config, story};

#[test]
fn a_stream_resumes_after_its_cursor_without_a_gap_or_a_repeat() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        for number in 0..300 {
            world.enrol_one(campaign.workflow, number).await;
        }
        let mut stream = world.handle().events(Cursor::default().0);
        let mut seen = Vec::new();
        for _ in 0..100 {
            seen.push(stream.next().await.unwrap().unwrap().position.0);
        }
        let cursor: Cursor = stream.cursor().to_string().parse().unwrap();
        drop(stream);
        let mut stream = world.handle().events(cursor.0);
        let head = world.handle().health().position.0;
        while seen.len() < usize::try_from(head).unwrap() {
            seen.push(stream.next().await.unwrap().unwrap().position.0);
        }
        assert_eq!(seen, (1..=head).collect::<Vec<_>>());
    });
}

#[test]
fn a_stream_waits_for_what_comes_and_ends_with_the_engine() {
    story(async {
        let mut world = World::start(config());
        let campaign = world.active().await;
        let head = world.handle().health().position;
        let mut stream = world.handle().events(head);
        let follow = tokio::spawn(async move {
            let first = stream.next().await.unwrap().unwrap();
            let mut rest = 0;
            while stream.next().await.is_some() {
                rest += 1;
            }
            (first.position, rest)
        });
        world.act(campaign.workflow, WorkflowAction::Pause).await;
        world.engine.take().unwrap().shutdown();
        assert_eq!(follow.await.unwrap(), (head.next(), 0));
    });
}
