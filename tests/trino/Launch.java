/** Starts the server. The class that does it in Trino's own distribution is in no repository. */
public final class Launch {
    public static void main(String[] arguments) {
        new io.trino.server.Server().start("unknown");
    }
}
