            SELECT $key AS _rs_id$popularity_too$group_of_item$boost_of_item$share_of_item
            FROM $items
            WHERE $passes
