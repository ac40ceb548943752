from topicsmith.testing.model_server.http import Connection, ReceivedRequest, render


def test_a_request_may_come_in_pieces_and_two_at_once() -> None:
    seen: list[ReceivedRequest] = []

    def handle(incoming: ReceivedRequest, connection: Connection) -> None:
        seen.append(incoming)
        connection.done()

    connection = Connection(handle, lambda opened: None)
    data = b"POST /a HTTP/1.1\r\nContent-Length: 5\r\nX-Name: V\r\n\r\nhello" + b"GET /b HTTP/1.1\r\n\r\n"
    for place in range(0, len(data), 7):
        connection.data_received(data[place : place + 7])
    assert [(i.method, i.path, i.body) for i in seen] == [("POST", "/a", b"hello"), ("GET", "/b", b"")]
    assert seen[0].headers == {"content-length": "5", "x-name": "V"}


def test_a_response_states_its_length_unless_told_otherwise() -> None:
    assert render(200, b"hi").endswith(b"content-length: 2\r\n\r\nhi")
    assert b"content-length: 99\r\n" in render(200, b"hi", {"content-length": "99"})
