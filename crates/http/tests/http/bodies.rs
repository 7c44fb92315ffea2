//! Accepted bodies: JSON and forms, and the formats of ids and photos.

use serde_json::json;

use crate::client::{self, errcode, post, post_form, request, send};
use crate::pictures;
use crate::world::{World, classification, desk, img_feature, std_img, with};

#[tokio::test]
async fn an_id_is_a_positive_number_or_its_digits() {
    let service = World::new().await.start();
    let address = service.address;
    let accepted = [json!(1), json!("1"), json!(1.0)];
    let unknown = [json!(9_223_372_036_854_775_807_u64), json!("9223372036854775807")];
    let wrong = [
        json!(0),
        json!(-1),
        json!(1.5),
        json!(0.0),
        json!(-1.0),
        json!(1e-300),
        json!(9_007_199_254_740_992.0),
        json!(1e300),
        json!(9_223_372_036_854_775_808_u64),
        json!(u64::MAX),
        json!("9223372036854775808"),
        json!(""),
        json!("0"),
        json!("-1"),
        json!("+1"),
        json!("01"),
        json!(" 1"),
        json!("1.0"),
        json!("１"),
        json!("1\u{0}"),
        json!("one"),
        json!(true),
        json!(null),
        json!([1]),
        json!({ "id": 1 }),
    ];
    for (path, body) in [
        ("/std_img", std_img()),
        ("/img_feature", img_feature()),
        ("/classification", classification()),
    ] {
        for id in &accepted {
            let body = with(body.clone(), "participation_id", Some(id.clone()));
            let reply = post(address, path, &body).await;
            assert_eq!(reply.status, 200, "{path} {id}");
        }
        for id in &unknown {
            let body = with(body.clone(), "participation_id", Some(id.clone()));
            let reply = post(address, path, &body).await;
            // `/img_feature` reports an unknown participation like one without a reference.
            let expected = if path == "/img_feature" { 2 } else { 1 };
            assert_eq!(errcode(&reply), Some(expected), "{path} {id}");
        }
        for id in &wrong {
            let body = with(body.clone(), "participation_id", Some(id.clone()));
            let reply = post(address, path, &body).await;
            assert_eq!(errcode(&reply), Some(1), "{path} {id}");
        }
    }
}

#[tokio::test]
async fn a_photo_is_base64_in_every_usual_form() {
    let service = World::new().await.start();
    let photo = pictures::jpeg(b"a?bc>de");
    let standard = pictures::base64(&photo);
    assert!(standard.ends_with("==") && standard.contains('+') && standard.contains('/'));
    let url_safe = standard.replace('+', "-").replace('/', "_");
    let wrapped = |text: &str, width: usize, with: &str| {
        let lines: Vec<_> = text.as_bytes().chunks(width).map(<[u8]>::to_vec).collect();
        String::from_utf8(lines.join(with.as_bytes())).unwrap()
    };
    for form in [
        standard.clone(),
        standard.trim_end_matches('=').to_owned(),
        url_safe.clone(),
        url_safe.trim_end_matches('=').to_owned(),
        wrapped(&standard, 76, "\r\n"),
        wrapped(&standard, 64, "\n"),
        wrapped(&url_safe, 10, "\n"),
        wrapped(&standard, 1, " "),
        wrapped(&standard, 4, "\t"),
        format!("\n{standard}\n"),
        format!("data:image/jpeg;base64,{standard}"),
        format!("data:image/png;base64,{standard}"),
        format!("data:image/jpeg;base64,{url_safe}"),
        format!("DATA:image/JPEG;Base64,{}", standard.trim_end_matches('=')),
        format!("data:;base64,{standard}"),
        format!("data:image/jpeg;base64,\n{}\n", wrapped(&standard, 76, "\n")),
    ] {
        let body = with(std_img(), "std_img", Some(json!(form)));
        assert_eq!(post(service.address, "/std_img", &body).await.status, 200, "{form:?}");
    }
    // Some JSON libraries escape slashes.
    let body = std_img().to_string().replace('/', "\\/");
    assert!(body.contains("\\/"));
    let reply = send(service.address, &client::json_request("/std_img", body.as_bytes())).await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn a_form_holds_the_same_fields_with_the_photo_as_a_file() {
    let world = World::new().await;
    let service = world.start();
    let photo = pictures::jpeg(b"desk\r\n--almost a boundary\r\n------injeun");
    let id = ("participation_id", None, &b"1"[..]);
    let content = ("feed_content", None, "줄\r\n바꿈".as_bytes());
    let keyword = ("classification_keyword", None, "강아지".as_bytes());

    let file = ("std_img", Some("사진.jpg"), &photo[..]);
    let reply = post_form(service.address, "/std_img", &[id, file]).await;
    reply.assert(200, None, "완료 되었습니다.");
    let file = ("feed_img", Some("a.jpg"), &photo[..]);
    let reply = post_form(service.address, "/img_feature", &[file, content, id]).await;
    reply.assert(200, None, "완료되었습니다.");
    let reply = post_form(service.address, "/classification", &[id, file, content, keyword]).await;
    reply.assert(200, None, "완료");
    assert_eq!(world.feeds().await[0].content.as_str(), "줄\r\n바꿈");

    // A part without a file name contains base64, or bytes that are not UTF-8.
    let text = desk();
    let part = ("std_img", None, text.as_bytes());
    assert_eq!(post_form(service.address, "/std_img", &[id, part]).await.status, 200);
    let part = ("std_img", None, &photo[..]);
    assert_eq!(post_form(service.address, "/std_img", &[id, part]).await.status, 200);
}

#[tokio::test]
async fn every_text_of_a_form_may_be_a_file() {
    let world = World::new().await;
    let service = world.start();
    let photo = pictures::jpeg(b"desk");
    let file = ("feed_img", Some("a.jpg"), &photo[..]);
    for id in [&b"1"[..], b"1\n", b"1\r\n"] {
        let parts = [
            ("participation_id", Some("id.txt"), id),
            ("feed_content", Some("내용.txt"), "오늘도 했다".as_bytes()),
            ("classification_keyword", Some("keyword"), "강아지".as_bytes()),
            file,
        ];
        let reply = post_form(service.address, "/classification", &parts).await;
        reply.assert(200, None, "완료");
        assert_eq!(world.feeds().await[0].content.as_str(), "오늘도 했다");
    }
}

#[tokio::test]
async fn an_integer_may_be_written_as_a_float() {
    let service = World::new().await.start();
    let photo = desk();
    for (id, accepted) in [
        ("1.0", true),
        ("1.000", true),
        ("1e0", true),
        ("10E-1", true),
        ("0.1e1", true),
        ("1.5", false),
        ("1e-1", false),
        ("-1.0", false),
        ("0.0", false),
        ("-0.0", false),
        ("1e400", false),
        ("9223372036854775808.0", false),
    ] {
        let body = format!(r#"{{"participation_id":{id},"std_img":"{photo}"}}"#);
        let request = client::json_request("/std_img", body.as_bytes());
        let reply = send(service.address, &request).await;
        let expected = if accepted { (200, None) } else { (400, Some(1)) };
        assert_eq!((reply.status, errcode(&reply)), expected, "{id}");
    }
}

#[tokio::test]
async fn a_form_is_rejected_like_json() {
    let service = World::new().await.start();
    let photo = pictures::jpeg(b"desk");
    let id = ("participation_id", None, &b"1"[..]);
    let file = ("std_img", Some("a.jpg"), &photo[..]);
    let many = vec![("more", None, &b"x"[..]); 40];
    for (name, parts, expected) in [
        ("nothing", vec![], 1),
        ("no photo", vec![id], 1),
        ("no id", vec![file], 1),
        ("two ids", vec![id, id, file], 1),
        ("two photos", vec![id, file, file], 1),
        ("no number", vec![("participation_id", None, &b"one"[..]), file], 1),
        ("no number in a file", vec![("participation_id", Some("id.txt"), &b"1 2"[..]), file], 1),
        ("no text in a file", vec![("participation_id", Some("id.txt"), &b"\xff"[..]), file], 1),
        ("an empty file as id", vec![("participation_id", Some("id.txt"), &b""[..]), file], 1),
        ("the wrong field", vec![id, ("feed_img", Some("a.jpg"), &photo[..])], 1),
        ("too many parts", [vec![id, file], many].concat(), 1),
        ("an empty file", vec![id, ("std_img", Some("a.jpg"), &b""[..])], 2),
        ("no file chosen", vec![id, ("std_img", Some(""), &b""[..])], 2),
        ("a file of base64", vec![id, ("std_img", Some("a.jpg"), &b"/9j/"[..])], 2),
        ("a text", vec![id, ("std_img", None, &b"hello!"[..])], 2),
        ("unknown participation", vec![("participation_id", None, &b"2"[..]), file], 1),
    ] {
        let reply = post_form(service.address, "/std_img", &parts).await;
        assert_eq!((reply.status, errcode(&reply)), (400, Some(expected)), "{name}");
    }
    let extra = ("something_else", Some("b.jpg"), &photo[..]);
    assert_eq!(post_form(service.address, "/std_img", &[id, extra, file]).await.status, 200);
}

#[tokio::test]
async fn the_content_type_decides_how_a_body_is_read() {
    let service = World::new().await.start();
    let body = std_img().to_string();
    for json in [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON;charset=UTF-8",
        "application/json ; charset=utf-8",
        "application/json\t;\tcharset=utf-8",
        " application/json; charset=\"utf-8\" ",
        "application/json;",
        "application/json;; charset=utf-8;",
        "application/vnd.api+json ;charset=utf-8",
        "application/vnd.api+json",
    ] {
        let request = request("POST", "/std_img", &[("Content-Type", json)], body.as_bytes());
        assert_eq!(send(service.address, &request).await.status, 200, "{json}");
    }
    let photo = pictures::jpeg(b"desk");
    let form =
        client::form_body(&[("participation_id", None, b"1"), ("std_img", Some("a.jpg"), &photo)]);
    for parameters in [
        ";boundary=@",
        " ; boundary=@",
        "\t;\tboundary=@\t;",
        "; charset=utf-8 ; boundary=\"@\" ",
        ";; boundary=@",
        "; BOUNDARY=@",
    ] {
        let content_type =
            format!("Multipart/Form-Data{}", parameters.replace('@', client::BOUNDARY));
        let request = request("POST", "/std_img", &[("Content-Type", &content_type)], &form);
        assert_eq!(send(service.address, &request).await.status, 200, "{content_type:?}");
    }
    let untold = request("POST", "/std_img", &[], body.as_bytes());
    assert_eq!(send(service.address, &untold).await.status, 200);
    for other in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "image/jpeg",
        "multipart/mixed; boundary=a",
        "multipart/form-data; boundary=\"\"",
        "json",
        "",
        ";application/json",
        "application /json",
        "application/json charset=utf-8",
        "application/json, application/json",
    ] {
        let request = request("POST", "/std_img", &[("Content-Type", other)], body.as_bytes());
        let reply = send(service.address, &request).await;
        reply.assert(415, Some(108), "지원하지 않는 형식입니다.");
    }
    for coding in ["gzip", "identity, gzip", ", br", "x"] {
        let headers = [("Content-Type", "application/json"), ("Content-Encoding", coding)];
        let request = request("POST", "/std_img", &headers, b"\x1f\x8b");
        send(service.address, &request).await.assert(415, Some(108), "지원하지 않는 형식입니다.");
    }
    for coding in ["", " ", "identity", "Identity , identity", ","] {
        let headers = [("Content-Type", "application/json"), ("Content-Encoding", coding)];
        let request = request("POST", "/std_img", &headers, body.as_bytes());
        assert_eq!(send(service.address, &request).await.status, 200, "{coding:?}");
    }
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    let service = World::new().await.start();
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let photo = desk();
    let body = format!(
        r#"{{"user":"김","list":[1,{{}}],"list":0,"deep":{deep},"std_img":"{photo}","participation_id":1}}"#
    );
    let reply = send(service.address, &client::json_request("/std_img", body.as_bytes())).await;
    assert_eq!(reply.status, 200);
}
