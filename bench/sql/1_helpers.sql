-- Helpers of the generator, in a schema of their own that is dropped at the end.
-- Everything random comes from a hash of (seed, salt, number): the same seed gives the same rows, also the same ids.

-- step: Hàm trợ giúp
-- `stable` and one expression each: only so are they inlined, and not called a hundred million times
create function making.dice(salt integer, number bigint, sides integer) returns integer
    language sql stable parallel safe as
$$ select (abs(hashint8extended(number, salt + current_setting('making.seed')::bigint * 1000) % sides))::integer $$;

-- a UUIDv7 whose random part is a digest
create function making.id(kind text, number bigint, at timestamptz) returns uuid
    language sql stable parallel safe as
$$
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7'
        || overlay(substr(md5(kind || '.' || number || '.' || current_setting('making.seed')), 1, 19) placing 'a' from 4 for 1))::uuid
$$;

create function making.check_character(code text) returns text language plpgsql immutable parallel safe as
$$
    -- ISO 7064 MOD 37,36, as app.ids.check_character
    declare
        alphabet constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
        product integer := 36;
        total integer;
        position_of integer;
    begin
        for i in 1 .. length(code) loop
            position_of := strpos(alphabet, substr(code, i, 1)) - 1;
            continue when position_of < 0;
            total := (product + position_of) % 36;
            product := (case total when 0 then 36 else total end) * 2 % 37;
        end loop;
        return substr(alphabet, (37 - product) % 36 + 1, 1);
    end
$$;

create function making.verification_code(number bigint) returns text language sql immutable parallel safe as
$$
    select code || '-' || making.check_character(code) from (
        select string_agg(case when place in (4, 8) then letter || '-' else letter end, '' order by place) as code
        from (select place, substr('23456789ABCDEFGHJKMNPQRSTUVWXYZ', 1 + making.dice(100 + place, number, 31), 1) as letter
              from generate_series(1, 12) as place) as letters) as codes
$$;

create function making.surname(salt integer, number bigint) returns text language sql stable parallel safe as
$$
    select ('{Nguyễn,Trần,Lê,Phạm,Hoàng,Huỳnh,Phan,Vũ,Võ,Đặng,Bùi,Đỗ,
        Hồ,Ngô,Dương,Lý}'::text[])
        [1 + making.dice(salt, number, 16)]
$$;
create function making.middle(salt integer, number bigint) returns text language sql stable parallel safe as
$$
    select ('{Thị,Văn,Thị Thu,Hữu,Thị Ngọc,Đức,Thị Minh,Quang,Thị Thanh,Xuân,Thị Kim,Minh}'::text[])
        [1 + making.dice(salt, number, 12)]
$$;
create function making.given(salt integer, number bigint) returns text language sql stable parallel safe as
$$
    select ('{An,Anh,Bình,Châu,Chi,Cường,Dũng,Dung,Đạt,Giang,Hà,Hải,
        Hạnh,Hiền,Hoa,Hùng,Hương,Khánh,Lan,Linh,Long,Mai,Nam,Nga,
        Ngọc,Nhung,Oanh,Phúc,Phương,Quân,Quỳnh,Sơn,Tâm,Thảo,Thủy,Trang,
        Trung,Tuấn,Vân,Yến}'::text[])
        [1 + making.dice(salt, number, 40)]
$$;
create function making.place(salt integer, number bigint) returns text language sql stable parallel safe as
$$
    select ('{An,Bình,Cẩm,Châu,Đông,Đại,Gia,Giang,Hà,Hải,Hòa,Hồng,
        Hưng,Kim,Kỳ,Lạc,Lâm,Liên,Long,Lộc,Mỹ,Nam,Ngọc,Nghĩa,
        Ninh,Phong,Phú,Phúc,Phước,Quang,Quảng,Sơn,Tam,Tân,Tây,Thái,
        Thanh,Thành,Thịnh,Thuận,Tiên,Trung,Trường,Vân,Vĩnh,Xuân,Yên}'::text[])
        [1 + making.dice(salt, number, 47)]
$$;
create function making.theme(salt integer, number bigint) returns text language sql stable parallel safe as
$$
    select ('{chuyển đổi số,xây dựng nông thôn mới,giảm nghèo bền vững,dân vận khéo,học tập suốt đời,
        an toàn giao thông,văn hóa công sở,bảo vệ môi trường,khởi nghiệp sáng tạo,cải cách hành chính,
        xóa nhà tạm,toàn dân bảo vệ an ninh Tổ quốc,xây dựng đời sống văn hóa,phát triển hợp tác xã,gia đình hiếu học,
        phòng cháy chữa cháy}'::text[])
        [1 + making.dice(salt, number, 16)]
$$;
