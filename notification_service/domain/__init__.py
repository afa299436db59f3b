"""Operations and pure rules; no Flask, marshmallow, requests or pika."""
