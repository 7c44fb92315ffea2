//! The tables and the view, in column types that SQLite and PostgreSQL share.

diesel::table! {
    challenge_group (challenge_group_id) {
        challenge_group_id -> BigInt,
        name -> Nullable<Text>,
        start_date -> Date,
        end_date -> Date,
        start_time -> Time,
        end_time -> Time,
        time_zone -> Text,
    }
}

diesel::table! {
    group_match (challenge_group_id) {
        challenge_group_id -> BigInt,
        #[sql_name = "match"]
        match_mode -> Text,
    }
}

diesel::table! {
    participation (participation_id) {
        participation_id -> BigInt,
        challenge_group_id -> BigInt,
        user_id -> Nullable<Text>,
    }
}

diesel::table! {
    /// View of participations with their challenge groups.
    injeung_participation (participation_id) {
        participation_id -> BigInt,
        user_id -> Nullable<Text>,
        challenge_group_id -> BigInt,
        name -> Nullable<Text>,
        start_date -> Date,
        end_date -> Date,
        start_time -> Time,
        end_time -> Time,
        time_zone -> Text,
    }
}

diesel::table! {
    auth_standard_img (auth_standard_img_id) {
        auth_standard_img_id -> BigInt,
        participation_id -> BigInt,
        #[sql_name = "standart_img"]
        standard_img -> Text,
    }
}

diesel::table! {
    reference_features (auth_standard_img_id, algorithm, version) {
        auth_standard_img_id -> BigInt,
        algorithm -> Text,
        version -> BigInt,
        features -> Binary,
        superseded_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    learned_view (learned_view_id) {
        learned_view_id -> BigInt,
        auth_standard_img_id -> BigInt,
        feed_id -> BigInt,
        first_voucher -> Nullable<BigInt>,
        second_voucher -> Nullable<BigInt>,
        algorithm -> Text,
        version -> BigInt,
        features -> Binary,
        used_at -> Timestamp,
    }
}

diesel::table! {
    feed (feed_id) {
        feed_id -> BigInt,
        feed_type -> Text,
        participation_id -> BigInt,
        created_datetime -> Timestamp,
        feed_img -> Text,
        feed_content -> Text,
    }
}

diesel::table! {
    object_reservation (object_key) {
        object_key -> Text,
        image_url -> Text,
        content_sha256 -> Binary,
        state -> Text,
        reserved_at -> Timestamp,
    }
}

diesel::table! {
    participation_day (participation_id, day) {
        participation_id -> BigInt,
        day -> Date,
        feed_id -> Nullable<BigInt>,
        attempts -> BigInt,
    }
}

diesel::table! {
    request_key (claim_id) {
        claim_id -> BigInt,
        idempotency_key -> Text,
        fingerprint -> Binary,
        answer -> Nullable<Binary>,
        valid_until -> Timestamp,
    }
}

diesel::table! {
    lease (name) {
        name -> Text,
        holder -> Text,
        held_until -> Timestamp,
    }
}

diesel::table! {
    api_key (key_id) {
        key_id -> Text,
        name -> Text,
        secret_sha256 -> Binary,
        scopes -> Text,
        created_at -> Timestamp,
        expires_at -> Nullable<Timestamp>,
        revoked_at -> Nullable<Timestamp>,
        last_used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    attempt (attempt_id) {
        attempt_id -> BigInt,
        request_id -> Text,
        created_at -> Timestamp,
        participation_id -> BigInt,
        kind -> Text,
        outcome -> Text,
        errcode -> Nullable<BigInt>,
        feed_content -> Text,
        keyword -> Nullable<Text>,
        probability -> Nullable<Double>,
        threshold -> Nullable<Double>,
        model -> Text,
        took_ms -> BigInt,
        reference_url -> Nullable<Text>,
        photo_sha256 -> Nullable<Binary>,
        photo_url -> Nullable<Text>,
        evidence -> Text,
        review -> Nullable<Text>,
        appealed_at -> Nullable<Timestamp>,
        appeal_text -> Nullable<Text>,
    }
}

diesel::table! {
    photo_trace (photo_trace_id) {
        photo_trace_id -> BigInt,
        participation_id -> BigInt,
        challenge_group_id -> BigInt,
        image_url -> Text,
        pixels_sha256 -> Binary,
        hash -> Nullable<Binary>,
        points -> Binary,
        replay -> Nullable<Text>,
        replay_of -> Nullable<Text>,
    }
}

diesel::table! {
    attempt_review (attempt_review_id) {
        attempt_review_id -> BigInt,
        attempt_id -> BigInt,
        participation_id -> BigInt,
        reviewed_at -> Timestamp,
        operator -> Text,
        decision -> Text,
        state_before -> Text,
        state_after -> Text,
        reason -> Text,
        model -> Text,
        feed_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    erasure (erasure_id) {
        erasure_id -> BigInt,
        requested_at -> Timestamp,
        completed_at -> Nullable<Timestamp>,
        participations -> BigInt,
        standard_imgs -> BigInt,
        feeds -> BigInt,
        attempts -> BigInt,
    }
}

diesel::table! {
    erasure_participation (erasure_id, participation_id) {
        erasure_id -> BigInt,
        participation_id -> BigInt,
    }
}

diesel::table! {
    webhook_message (webhook_message_id) {
        webhook_message_id -> BigInt,
        participation_id -> BigInt,
        event -> Text,
        occurred_at -> Timestamp,
        request_id -> Text,
        kind -> Nullable<Text>,
        outcome -> Nullable<Text>,
        errcode -> Nullable<BigInt>,
        image_url -> Nullable<Text>,
        failures -> BigInt,
        error -> Nullable<Text>,
        dead_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    /// When the first waiting message of a participation is due.
    webhook_queue (participation_id) {
        participation_id -> BigInt,
        due_at -> Timestamp,
    }
}

diesel::table! {
    replay_area (area) {
        area -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(auth_standard_img, feed);
diesel::allow_tables_to_appear_in_same_query!(auth_standard_img, reference_features);
diesel::allow_tables_to_appear_in_same_query!(learned_view, feed);
diesel::allow_tables_to_appear_in_same_query!(learned_view, auth_standard_img);
diesel::allow_tables_to_appear_in_same_query!(injeung_participation, group_match);
diesel::allow_tables_to_appear_in_same_query!(challenge_group, group_match);
